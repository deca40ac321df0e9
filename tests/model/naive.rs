//! A naive model of the rules: lists and plain loops, with everything due booked whenever time moves.
//!
//! It shares no code with the ledger. It books at once what the ledger books before its next fact.

use std::collections::HashMap;

use super::steps::{Expiry, MINUTE, Missing, OWNERS, PAGES_MAX, Step};

/// Limit of a hold around work.
const RUN_MINUTES: u32 = 15;
const OPEN_GRANTS_MERGE_ABOVE: usize = 64;
/// Longest time that a hold may be open, extensions included.
const DAY: i64 = 24 * 60 * MINUTE;

#[derive(Debug)]
struct Grant {
    free: i64,
    held: i64,
    terms: Terms,
    /// Whether a transfer brought it.
    received: bool,
}

/// Expiry, scope and order of use of a grant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Terms {
    pub(super) expires_at: Option<i64>,
    pub(super) promotional: bool,
    pub(super) priority: u16,
    pub(super) scope: Scope,
}

/// Operations that a gift may be spent on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scope {
    Anything,
    Process,
    Other,
}

#[derive(Debug)]
struct Transfer {
    from: usize,
    to: usize,
    /// Each inbound grant, with the source grants and the amount from each.
    inbound: Vec<(usize, Vec<(usize, i64)>)>,
    /// Each source grant with the expiry that it had.
    expiries: Vec<(usize, Option<i64>)>,
    reversed: bool,
}

#[derive(Debug)]
struct Charge {
    owner: usize,
    /// Each grant with its amount and the expiry that it had.
    taken: Vec<(usize, i64, Option<i64>)>,
    at: i64,
    reversed: i64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    Settled,
    Released,
    Lapsed,
}

#[derive(Debug)]
struct Hold {
    owner: usize,
    key: Option<u8>,
    pins: Vec<(usize, i64)>,
    /// Credits that a lapse freed, and the part of them that expired at once.
    returned: Vec<(usize, i64)>,
    expired: Vec<(usize, i64)>,
    /// 0 if a plan covers it.
    price: i64,
    covered: bool,
    opened_at: i64,
    until: i64,
    state: State,
}

/// First use of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Used {
    Done,
    Hold(usize),
    Run(usize),
    /// A hold under the key was settled.
    Charged,
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) now: i64,
    /// Entries of each owner as lines; see `subject::line`.
    pub(super) lines: [Vec<String>; OWNERS.len()],
    wallets: [Vec<Grant>; OWNERS.len()],
    /// Holds of all owners, in the order of opening.
    holds: Vec<Hold>,
    keys: HashMap<(usize, u8), (String, Used)>,
    /// Holds of running work, and their limits as the work last read them.
    alive: Vec<(usize, i64)>,
    debts: [i64; OWNERS.len()],
    /// Whether a plan covers what the owner spends.
    covers: [bool; OWNERS.len()],
    /// In the order of sending.
    transfers: Vec<Transfer>,
    /// In the order of booking.
    charges: Vec<Charge>,
}

impl Default for Model {
    fn default() -> Self {
        let now = 1_767_225_600_000_000;
        let (lines, wallets, holds, keys, alive, debts, covers, transfers, charges) = Default::default();
        Self { now, lines, wallets, holds, keys, alive, debts, covers, transfers, charges }
    }
}

impl Model {
    pub(super) fn available(&self, owner: usize) -> i64 {
        self.wallets[owner].iter().map(|grant| grant.free).sum::<i64>() - self.debts[owner]
    }

    /// Credits available for the operation `process`.
    pub(super) fn available_for_process(&self, owner: usize) -> i64 {
        let usable = self.wallets[owner].iter().filter(|grant| grant.terms.scope != Scope::Other);
        usable.map(|grant| grant.free).sum::<i64>() - self.debts[owner]
    }

    pub(super) fn debt(&self, owner: usize) -> i64 {
        self.debts[owner]
    }

    pub(super) fn held(&self, owner: usize) -> i64 {
        self.wallets[owner].iter().map(|grant| grant.held).sum()
    }

    /// Amounts of the open holds, oldest first.
    pub(super) fn open_holds(&self, owner: usize) -> Vec<i64> {
        let open = self.holds.iter().filter(|hold| hold.owner == owner && hold.state == State::Open);
        open.map(|hold| hold.price).collect()
    }

    /// Stands before every command. Extends the holds of running work by their full limit once a third of it
    /// or less is left, up to a day in total.
    pub(super) fn ask(&mut self) {
        let limit = i64::from(RUN_MINUTES) * MINUTE;
        for (place, known) in std::mem::take(&mut self.alive) {
            let hold = &mut self.holds[place];
            if self.now < known - limit / 3 {
                self.alive.push((place, known));
            } else if hold.state == State::Open && hold.until + limit <= hold.opened_at + DAY {
                hold.until += limit;
                self.alive.push((place, hold.until));
            }
        }
    }

    /// Expected result of a step. Work has `begin` and `end` instead.
    pub(super) fn expect(&mut self, owner: usize, key: Option<u8>, step: &Step) -> String {
        let asks_nothing = match step {
            Step::TimeToDue(..) | Step::TimePasses(_) | Step::Reopen | Step::ClockBack(_) => true,
            Step::Settle(..) | Step::Release(_) | Step::Extend(..) => self.holds.is_empty(),
            Step::Reverse(..) => self.transfers.is_empty(),
            Step::ReverseCharge(..) => self.charges.is_empty(),
            Step::Revoke(_) => self.wallets[owner].is_empty(),
            _ => false,
        };
        if !asks_nothing {
            self.ask();
        }
        match step {
            Step::Give { amount, expires_in, promotional, priority, scope } => {
                let command = format!("give {amount} {expires_in:?} {promotional} {priority} {scope:?}");
                let terms = Terms {
                    expires_at: self.after(*expires_in),
                    promotional: *promotional,
                    priority: *priority,
                    scope: *scope,
                };
                self.once(owner, key, command, |model| model.give(owner, *amount, terms))
            }
            Step::Adjust { amount, with_debt } => {
                let command = format!("adjust {amount} {}", *with_debt && *amount < 0);
                if *amount == 0 {
                    return "adjusted by nothing".to_owned();
                }
                self.once(owner, key, command, |model| model.adjust(owner, *amount, *with_debt))
            }
            Step::Revoke(index) if !self.wallets[owner].is_empty() => {
                let place = index.index(self.wallets[owner].len());
                self.once(owner, key, format!("revoke {place}"), |model| model.revoke(owner, place))
            }
            Step::Transfer { amount, expiry, promotional } => {
                let command = format!("transfer {amount} {expiry:?} {promotional}");
                self.once(owner, key, command, |model| model.transfer(owner, *amount, *expiry, *promotional))
            }
            Step::Reverse(index, missing) if !self.transfers.is_empty() => {
                self.reverse(index.index(self.transfers.len()), *missing)
            }
            Step::ReverseCharge(index, amount) if !self.charges.is_empty() => {
                let place = index.index(self.charges.len());
                let (owner, command) = (self.charges[place].owner, format!("reverse {place} {amount:?}"));
                self.once(owner, key, command, |model| model.reverse_charge(place, *amount))
            }
            Step::Extend(index, minutes) if !self.holds.is_empty() => {
                self.extend(index.index(self.holds.len()), *minutes)
            }
            Step::Spend { pages } => self.once(owner, key, format!("spend {pages}"), |model| {
                let price = model.price(owner, *pages)?;
                Ok((model.charge(owner, price, 0), Used::Done))
            }),
            Step::Deduct { amount } => {
                self.once(owner, key, format!("deduct {amount}"), |model| model.deduct(owner, *amount))
            }
            Step::Hold { pages, limit } => self.hold(owner, key, *pages, *limit),
            Step::Drop { pages } => {
                let answer = self.hold(owner, key, *pages, 10);
                if !answer.starts_with("hold ") || answer.ends_with("replayed") {
                    return answer;
                }
                self.free(self.holds.len() - 1, State::Released);
                answer
            }
            Step::Settle(index, amount) if !self.holds.is_empty() => {
                self.settle(index.index(self.holds.len()), *amount)
            }
            Step::Release(index) if !self.holds.is_empty() => self.release(index.index(self.holds.len())),
            Step::Cover(begins) => {
                self.covers[owner] = *begins;
                String::new()
            }
            Step::TimeToDue(index, beside) => {
                let instants = self.instants();
                if !instants.is_empty() {
                    let at = instants[index.index(instants.len())] + beside;
                    self.move_to(at.max(self.now));
                }
                String::new()
            }
            Step::TimePasses(minutes) => {
                self.move_to(self.now + i64::from(*minutes) * MINUTE);
                String::new()
            }
            Step::Settle(..)
            | Step::Release(_)
            | Step::Extend(..)
            | Step::Reverse(..)
            | Step::ReverseCharge(..)
            | Step::Revoke(_)
            | Step::Reopen
            | Step::ClockBack(_) => String::new(),
            Step::Run { .. } => unreachable!("work has a beginning and an end"),
        }
    }

    /// Begins work. Returns the place of its hold.
    pub(super) fn begin(&mut self, owner: usize, key: Option<u8>, pages: i64) -> Result<usize, String> {
        self.ask();
        let command = format!("run {pages}");
        let place = self.holds.len();
        let answer = self.once(owner, key, command, |model| {
            let place = model.open(owner, key, pages, RUN_MINUTES)?;
            Ok((String::new(), Used::Run(place)))
        });
        if !answer.is_empty() {
            return Err(answer);
        }
        self.alive.push((place, self.holds[place].until));
        Ok(place)
    }

    /// Ends work.
    pub(super) fn end(&mut self, place: usize, works: bool) -> String {
        self.alive.retain(|(alive, _)| *alive != place);
        self.ask();
        if works {
            let settled = self.settle(place, None);
            return if settled.starts_with("closed") { settled } else { "work done".to_owned() };
        }
        self.release(place);
        "work failed".to_owned()
    }

    /// Runs a command under a key once. A rejected command leaves the key as it was.
    fn once(
        &mut self,
        owner: usize,
        key: Option<u8>,
        command: String,
        act: impl FnOnce(&mut Self) -> Result<(String, Used), String>,
    ) -> String {
        let known = key.and_then(|key| self.keys.get(&(owner, key)));
        if let Some((used_for, used)) = known {
            if *used_for != command {
                return "key reused".to_owned();
            }
            match *used {
                Used::Done => return "replayed".to_owned(),
                Used::Charged if command.starts_with("run") => return "already charged".to_owned(),
                Used::Charged => return "closed Settled".to_owned(),
                Used::Hold(place) if self.holds[place].state == State::Open => {
                    return format!("hold {place} replayed");
                }
                Used::Hold(place) => return format!("closed {:?}", self.holds[place].state),
                Used::Run(place) if self.holds[place].state == State::Open => {
                    return "in progress".to_owned();
                }
                // The work may be tried again.
                Used::Run(_) => {}
            }
        }
        match act(self) {
            Err(refused) => refused,
            Ok((answer, used)) => {
                if let Some(key) = key {
                    self.keys.insert((owner, key), (command, used));
                }
                answer
            }
        }
    }

    fn after(&self, minutes: Option<u32>) -> Option<i64> {
        minutes.map(|minutes| self.now + i64::from(minutes) * MINUTE)
    }

    fn give(&mut self, owner: usize, amount: i64, terms: Terms) -> Result<(String, Used), String> {
        if amount <= 0 {
            return Err(format!("{amount} is not positive"));
        }
        if terms.expires_at == Some(self.now) {
            return Err("expired".to_owned());
        }
        let grants = &mut self.wallets[owner];
        let open = |grant: &Grant| grant.free + grant.held > 0;
        let crowded = grants.iter().filter(|grant| open(grant)).count() > OPEN_GRANTS_MERGE_ABOVE;
        let same =
            grants.iter_mut().find(|grant| crowded && open(grant) && grant.terms == terms && !grant.received);
        // A merged gift keeps an empty place in the list, so that places match gifts.
        let free = if same.is_some() { 0 } else { amount };
        if let Some(grant) = same {
            grant.free += amount;
        }
        grants.push(Grant { free, held: 0, terms, received: false });
        self.lines[owner].push(format!("{amount:+}"));
        self.repay(owner);
        Ok((format!("{amount:+}"), Used::Done))
    }

    fn adjust(&mut self, owner: usize, amount: i64, with_debt: bool) -> Result<(String, Used), String> {
        if amount > 0 {
            let terms = Terms { expires_at: None, promotional: false, priority: 50, scope: Scope::Anything };
            return self.give(owner, amount, terms);
        }
        if !with_debt {
            self.affordable(-amount, self.available(owner))?;
        }
        let taken = self.take(owner, -amount, |_| true);
        self.debts[owner] += -amount - sum(&taken);
        self.lines[owner].push(line(amount, &taken, 0));
        Ok((format!("{amount:+}"), Used::Done))
    }

    fn revoke(&mut self, owner: usize, place: usize) -> Result<(String, Used), String> {
        let amount = std::mem::take(&mut self.wallets[owner][place].free);
        if amount == 0 {
            return Err("not free".to_owned());
        }
        self.lines[owner].push(line(-amount, &[(place, amount)], 0));
        Ok((format!("{:+}", -amount), Used::Done))
    }

    /// Transfers to the other owner. Parts of the same terms become one grant.
    fn transfer(
        &mut self,
        from: usize,
        amount: i64,
        expiry: Expiry,
        promotional: bool,
    ) -> Result<(String, Used), String> {
        let to = (from + 1) % OWNERS.len();
        if amount <= 0 {
            return Err(format!("{amount} is not positive"));
        }
        if expiry == Expiry::After(0) {
            return Err("expired".to_owned());
        }
        let moves = |grant: &Grant| promotional || !grant.terms.promotional;
        let free: i64 = self.wallets[from].iter().filter(|grant| moves(grant)).map(|grant| grant.free).sum();
        self.affordable(amount, free.min(self.available(from)))?;
        let taken = self.take(from, amount, moves);
        self.lines[from].push(line(-amount, &taken, 0));
        let mut inbound: Vec<(Terms, Vec<(usize, i64)>)> = Vec::new();
        let mut expiries = Vec::new();
        for part in taken {
            let mut terms = self.wallets[from][part.0].terms;
            expiries.push((part.0, terms.expires_at));
            terms.expires_at = match expiry {
                Expiry::Kept => terms.expires_at,
                Expiry::Never => None,
                Expiry::After(minutes) => self.after(Some(minutes)),
            };
            match inbound.iter_mut().find(|(known, _)| *known == terms) {
                Some((_, parts)) => parts.push(part),
                None => inbound.push((terms, vec![part])),
            }
        }
        let mut made = Vec::new();
        for (terms, parts) in inbound {
            made.push((self.wallets[to].len(), parts.clone()));
            self.wallets[to].push(Grant { free: sum(&parts), held: 0, terms, received: true });
            self.lines[to].push(format!("{:+}", sum(&parts)));
            self.repay(to);
        }
        self.transfers.push(Transfer { from, to, inbound: made, expiries, reversed: false });
        Ok((format!("{:+}", -amount), Used::Done))
    }

    fn reverse(&mut self, place: usize, missing: Missing) -> String {
        let Transfer { from, to, ref inbound, ref expiries, reversed } = self.transfers[place];
        if reversed {
            return "replayed".to_owned();
        }
        let (inbound, expiries) = (inbound.clone(), expiries.clone());
        let free = |grant: usize, parts: &[(usize, i64)]| self.wallets[to][grant].free.min(sum(parts));
        let whole: i64 = inbound.iter().map(|(_, parts)| sum(parts)).sum();
        let there: i64 = inbound.iter().map(|(grant, parts)| free(*grant, parts)).sum();
        if missing == Missing::Denied
            && let Err(refused) = self.affordable(whole, there)
        {
            return refused;
        }
        let (mut taken, mut moved) = (Vec::new(), 0);
        // A grant that was emptied is opened again with the expiry that it had when its credits were transferred.
        for (source, expires_at) in expiries {
            let source = &mut self.wallets[from][source];
            if source.free + source.held == 0 {
                source.terms.expires_at = expires_at;
            }
        }
        for (grant, parts) in inbound {
            let part = self.wallets[to][grant].free.min(sum(&parts));
            self.wallets[to][grant].free -= part;
            add(&mut taken, grant, part);
            let mut left = if missing == Missing::Owed { sum(&parts) } else { part };
            moved += left;
            for (source, amount) in parts.into_iter().rev() {
                self.wallets[from][source].free += amount.min(left);
                left -= amount.min(left);
            }
        }
        self.debts[to] += moved - sum(&taken);
        self.lines[to].push(line(-moved, &taken, 0));
        self.repay(to);
        self.lines[from].push(if moved == 0 { line(0, &[], 0) } else { format!("{moved:+}") });
        self.repay(from);
        self.expire();
        self.transfers[place].reversed = true;
        format!("{moved:+}")
    }

    fn reverse_charge(&mut self, place: usize, asked: Option<i64>) -> Result<(String, Used), String> {
        let Charge { owner, ref taken, at, reversed } = self.charges[place];
        if let Some(amount) = asked.filter(|amount| *amount <= 0) {
            return Err(format!("{amount} is not positive"));
        }
        let whole: i64 = taken.iter().map(|(_, amount, _)| amount).sum();
        let left = whole - reversed;
        let amount = asked.unwrap_or(if left == 0 { whole } else { left });
        if left == 0 || amount > left {
            return Err(format!("reverses {amount} of {left}"));
        }
        let (mut skipped, mut missing) = (reversed, amount);
        for (grant, of, then) in taken.clone().into_iter().rev() {
            let part = (of - skipped.min(of)).min(missing);
            skipped -= skipped.min(of);
            missing -= part;
            if part == 0 {
                continue;
            }
            let promised = then.map(|then| then.max(self.now + (then - at).max(0)));
            let grant = &mut self.wallets[owner][grant];
            let is_open = grant.free + grant.held > 0;
            grant.terms.expires_at = match grant.terms.expires_at {
                open if is_open => open.zip(promised).map(|(open, promised)| open.max(promised)),
                _ => promised,
            };
            grant.free += part;
        }
        self.charges[place].reversed += amount;
        self.lines[owner].push(format!("{amount:+}"));
        self.repay(owner);
        self.expire();
        Ok((format!("{amount:+}"), Used::Done))
    }

    /// Remembers a charge, which may be reversed.
    fn charged(&mut self, owner: usize, taken: &[(usize, i64)]) {
        let expiry = |grant: usize| self.wallets[owner][grant].terms.expires_at;
        let taken = taken.iter().map(|(grant, amount)| (*grant, *amount, expiry(*grant))).collect();
        self.charges.push(Charge { owner, taken, at: self.now, reversed: 0 });
    }

    fn extend(&mut self, place: usize, minutes: u32) -> String {
        let hold = &mut self.holds[place];
        let until = hold.until + i64::from(minutes) * MINUTE;
        match hold.state {
            State::Open if minutes == 0 || until > hold.opened_at + DAY => "hold limit".to_owned(),
            State::Open => {
                hold.until = until;
                format!("until {until}")
            }
            state => format!("closed {state:?}"),
        }
    }

    /// Repays debt with free credits that have not expired.
    fn repay(&mut self, owner: usize) {
        let now = self.now;
        let repaid = self.take(owner, self.debts[owner], |grant| {
            grant.terms.expires_at.is_none_or(|expires_at| expires_at > now)
        });
        if !repaid.is_empty() {
            self.debts[owner] -= sum(&repaid);
            self.lines[owner].push(line(0, &repaid, 0));
        }
    }

    fn deduct(&mut self, owner: usize, amount: i64) -> Result<(String, Used), String> {
        if amount <= 0 {
            return Err(format!("{amount} is not positive"));
        }
        self.affordable(amount, self.available(owner))?;
        let taken = self.take(owner, amount, |_| true);
        self.lines[owner].push(line(-amount, &taken, 0));
        Ok((format!("{:+}", -amount), Used::Done))
    }

    fn hold(&mut self, owner: usize, key: Option<u8>, pages: i64, limit: u32) -> String {
        self.once(owner, key, format!("hold {pages}"), |model| {
            let place = model.open(owner, key, pages, limit)?;
            Ok((format!("hold {place}"), Used::Hold(place)))
        })
    }

    fn open(&mut self, owner: usize, key: Option<u8>, pages: i64, limit: u32) -> Result<usize, String> {
        let covered = self.covers[owner];
        let listed = price_of(pages)?;
        let price = if covered { 0 } else { listed };
        if limit == 0 {
            return Err("hold limit".to_owned());
        }
        self.affordable(price, self.available_for_process(owner))?;
        let pins = self.take(owner, price, is_for_process);
        for (grant, amount) in &pins {
            self.wallets[owner][*grant].held += amount;
        }
        let until = self.now + i64::from(limit) * MINUTE;
        self.holds.push(Hold {
            owner,
            key,
            pins,
            returned: Vec::new(),
            expired: Vec::new(),
            price,
            covered,
            opened_at: self.now,
            until,
            state: State::Open,
        });
        Ok(self.holds.len() - 1)
    }

    /// Settles a hold at its amount, or at another one.
    fn settle(&mut self, place: usize, at: Option<i64>) -> String {
        let Hold { owner, key, price, state, .. } = self.holds[place];
        let charged = key.is_some_and(|key| self.keys[&(owner, key)].1 == Used::Charged);
        match state {
            State::Settled => return "replayed".to_owned(),
            // A key is charged once, so another attempt costs nothing.
            State::Open if charged => {
                self.free(place, State::Released);
                return "replayed".to_owned();
            }
            _ if charged => return "replayed".to_owned(),
            State::Released => return "closed Released".to_owned(),
            State::Open | State::Lapsed => {}
        }
        let price = at.unwrap_or(price);
        if price < 0 {
            return format!("{price} is negative");
        }
        self.holds[place].state = State::Settled;
        if let Some(key) = key {
            self.keys.get_mut(&(owner, key)).unwrap().1 = Used::Charged;
        }
        if self.holds[place].covered {
            return format!("{} short 0", self.charge(owner, 0, 0));
        }
        if state == State::Lapsed { self.settle_late(place, price) } else { self.settle_open(place, price) }
    }

    /// Takes held credits first, then available ones. The rest of the held credits becomes free.
    fn settle_open(&mut self, place: usize, price: i64) -> String {
        let owner = self.holds[place].owner;
        let more_there = self.available_for_process(owner).max(0);
        let (mut missing, mut taken) = (price, Vec::new());
        let pins = self.holds[place].pins.clone();
        self.unpin(place);
        for (grant, amount) in pins {
            let part = amount.min(missing);
            self.wallets[owner][grant].free -= part;
            missing -= part;
            add(&mut taken, grant, part);
        }
        for (grant, part) in self.take(owner, missing.min(more_there), is_for_process) {
            missing -= part;
            add(&mut taken, grant, part);
        }
        self.charged(owner, &taken);
        self.lines[owner].push(line(missing - price, &taken, missing));
        self.repay(owner);
        self.expire();
        format!("{:+} short {missing}", missing - price)
    }

    /// Takes freed credits that are still free, then those that expired with the lapse, then any others.
    fn settle_late(&mut self, place: usize, price: i64) -> String {
        let owner = self.holds[place].owner;
        let (returned, expired) = (self.holds[place].returned.clone(), self.holds[place].expired.clone());
        let (mut missing, mut taken) = (price, Vec::new());
        for (grant, amount) in returned {
            let part = self.wallets[owner][grant].free.min(amount).min(missing);
            self.wallets[owner][grant].free -= part;
            missing -= part;
            add(&mut taken, grant, part);
        }
        for (grant, amount) in expired {
            let part = amount.min(missing);
            if part > 0 {
                self.lines[owner].push(format!("{part:+}"));
            }
            missing -= part;
            add(&mut taken, grant, part);
        }
        for (grant, part) in self.take(owner, missing, is_for_process) {
            missing -= part;
            add(&mut taken, grant, part);
        }
        self.charged(owner, &taken);
        self.lines[owner].push(line(missing - price, &taken, missing));
        format!("{:+} short {missing}", missing - price)
    }

    fn release(&mut self, place: usize) -> String {
        match self.holds[place].state {
            State::Released => "replayed".to_owned(),
            State::Open => {
                self.free(place, State::Released);
                "released".to_owned()
            }
            state => format!("closed {state:?}"),
        }
    }

    fn price(&self, owner: usize, pages: i64) -> Result<i64, String> {
        let price = price_of(pages)?;
        if self.covers[owner] {
            return Ok(0);
        }
        self.affordable(price, self.available_for_process(owner))?;
        Ok(price)
    }

    #[expect(clippy::unused_self, reason = "it reads as the rule that it is")]
    fn affordable(&self, amount: i64, available: i64) -> Result<(), String> {
        if amount <= 0 {
            return Ok(());
        }
        if amount > available { Err(format!("needs {amount} of {available}")) } else { Ok(()) }
    }

    /// Charges the operation and writes the entry.
    fn charge(&mut self, owner: usize, amount: i64, short: i64) -> String {
        let taken = self.take(owner, amount, is_for_process);
        self.charged(owner, &taken);
        self.lines[owner].push(line(-amount, &taken, short));
        format!("{:+}", -amount)
    }

    /// Takes free credits in their order of use: narrower scope, lower priority, sooner expiry, promotional,
    /// older.
    fn take(&mut self, owner: usize, amount: i64, is_usable: impl Fn(&Grant) -> bool) -> Vec<(usize, i64)> {
        let grants = &mut self.wallets[owner];
        let mut order: Vec<usize> = (0..grants.len()).filter(|place| is_usable(&grants[*place])).collect();
        order.sort_by_key(|place| {
            let Terms { expires_at, promotional, priority, scope } = grants[*place].terms;
            (scope == Scope::Anything, priority, expires_at.unwrap_or(i64::MAX), !promotional, *place)
        });
        let (mut missing, mut taken) = (amount, Vec::new());
        for place in order {
            let part = grants[place].free.min(missing);
            if part > 0 {
                grants[place].free -= part;
                missing -= part;
                taken.push((place, part));
            }
        }
        taken
    }

    /// Future instants at which a hold lapses or a grant expires.
    fn instants(&self) -> Vec<i64> {
        let limits = self.holds.iter().filter(|hold| hold.state == State::Open).map(|hold| hold.until);
        let expiries = self.wallets.iter().flatten().filter_map(|grant| grant.terms.expires_at);
        let mut instants: Vec<i64> = limits.chain(expiries).filter(|at| *at > self.now).collect();
        instants.sort_unstable();
        instants.dedup();
        instants
    }

    /// Moves time on, through every instant at which something is due: lapses first, then expiries.
    fn move_to(&mut self, now: i64) {
        for at in self.instants().into_iter().filter(|at| *at <= now).chain([now]) {
            self.now = at;
            for place in 0..self.holds.len() {
                let hold = &mut self.holds[place];
                if hold.state == State::Open && hold.until <= at {
                    hold.state = State::Lapsed;
                    hold.returned.clone_from(&hold.pins);
                    let grants = &self.wallets[hold.owner];
                    let is_past =
                        |grant: usize| grants[grant].terms.expires_at.is_some_and(|expiry| expiry <= at);
                    hold.expired = hold.pins.iter().copied().filter(|(grant, _)| is_past(*grant)).collect();
                    let owner = hold.owner;
                    self.unpin(place);
                    self.repay(owner);
                }
            }
            self.expire();
        }
    }

    fn free(&mut self, place: usize, state: State) {
        self.holds[place].state = state;
        self.unpin(place);
        self.repay(self.holds[place].owner);
        self.expire();
    }

    fn unpin(&mut self, place: usize) {
        let hold = &mut self.holds[place];
        for (grant, amount) in hold.pins.drain(..) {
            self.wallets[hold.owner][grant].held -= amount;
            self.wallets[hold.owner][grant].free += amount;
        }
    }

    /// Expires free credits of grants past their expiry, in the order of the gifts.
    fn expire(&mut self) {
        for (grants, lines) in self.wallets.iter_mut().zip(&mut self.lines) {
            for (place, grant) in grants.iter_mut().enumerate() {
                if grant.free > 0 && grant.terms.expires_at.is_some_and(|expires_at| expires_at <= self.now) {
                    let expired = line(-grant.free, &[(place, grant.free)], 0);
                    lines.push(format!("{expired} expired at {}", self.now));
                    grant.free = 0;
                }
            }
        }
    }
}

fn is_for_process(grant: &Grant) -> bool {
    grant.terms.scope != Scope::Other
}

fn sum(parts: &[(usize, i64)]) -> i64 {
    parts.iter().map(|(_, amount)| amount).sum()
}

fn price_of(pages: i64) -> Result<i64, String> {
    match pages {
        0.. if pages <= PAGES_MAX => Ok(5 + pages),
        0.. => Err(format!("{pages} pages are over {PAGES_MAX}")),
        _ => Err(format!("{pages} pages are negative")),
    }
}

/// Adds a part of a grant to a list that has each grant once.
fn add(taken: &mut Vec<(usize, i64)>, grant: usize, part: i64) {
    match taken.iter_mut().find(|(known, _)| *known == grant) {
        _ if part == 0 => {}
        Some((_, amount)) => *amount += part,
        None => taken.push((grant, part)),
    }
}

/// Line of an entry that took credits from these grants.
fn line(amount: i64, taken: &[(usize, i64)], short: i64) -> String {
    format!("{amount:+} {taken:?} short {short}")
}
