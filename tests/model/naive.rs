//! The rules, naively: lists, plain loops, everything due worked off whenever time moves.
//!
//! It shares no code with the ledger, and it books at once what the ledger books before the next fact.

use std::collections::HashMap;

use super::steps::{MINUTE, OWNERS, PAGES_MAX, Step};

/// How long a hold around work stays open.
const RUN_MINUTES: u32 = 15;
const OPEN_GRANTS_MERGE_ABOVE: usize = 64;

#[derive(Debug)]
struct Grant {
    free: i64,
    held: i64,
    expires_at: Option<i64>,
    promotional: bool,
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
    /// What a lapse gave back, and what of it expired at once.
    returned: Vec<(usize, i64)>,
    expired: Vec<(usize, i64)>,
    price: i64,
    opened_at: i64,
    until: i64,
    state: State,
}

/// What a key was used for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Used {
    Done,
    Hold(usize),
    Run(usize),
    /// Charged by settling the run's hold, or one of its holds.
    Charged,
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) now: i64,
    /// Of each owner, the entries as lines; see `subject::line`.
    pub(super) lines: [Vec<String>; OWNERS.len()],
    wallets: [Vec<Grant>; OWNERS.len()],
    /// Of every owner, in the order in which they were opened.
    holds: Vec<Hold>,
    keys: HashMap<(usize, u8), (String, Used)>,
    /// Holds of work that is alive.
    alive: Vec<usize>,
}

impl Default for Model {
    fn default() -> Self {
        let now = 1_767_225_600_000_000;
        let (lines, wallets, holds, keys, alive) = Default::default();
        Self { now, lines, wallets, holds, keys, alive }
    }
}

impl Model {
    pub(super) fn available(&self, owner: usize) -> i64 {
        self.wallets[owner].iter().map(|grant| grant.free).sum()
    }

    pub(super) fn held(&self, owner: usize) -> i64 {
        self.wallets[owner].iter().map(|grant| grant.held).sum()
    }

    /// What open holds set aside, oldest first.
    pub(super) fn open_holds(&self, owner: usize) -> Vec<i64> {
        let open = self.holds.iter().filter(|hold| hold.owner == owner && hold.state == State::Open);
        open.map(|hold| hold.price).collect()
    }

    /// The ledger is asked something: it first extends the holds of work that is alive, a third of their time
    /// before their limit, by the whole of it, as long as that is within a day in all.
    pub(super) fn ask(&mut self) {
        let limit = i64::from(RUN_MINUTES) * MINUTE;
        for place in self.alive.clone() {
            let hold = &mut self.holds[place];
            let is_due = self.now >= hold.until - limit / 3;
            if hold.state == State::Open && is_due && hold.until + limit <= hold.opened_at + 24 * 60 * MINUTE
            {
                hold.until += limit;
            }
        }
    }

    /// What the ledger should answer; work is begun and ended instead.
    pub(super) fn expect(&mut self, owner: usize, key: Option<u8>, step: &Step) -> String {
        let asks_nothing = match step {
            Step::TimeToDue(..) | Step::TimePasses(_) | Step::Reopen | Step::ClockBack(_) => true,
            Step::Settle(_) | Step::Release(_) => self.holds.is_empty(),
            _ => false,
        };
        if !asks_nothing {
            self.ask();
        }
        match step {
            Step::Give { amount, expires_in, promotional } => {
                let command = format!("give {amount} {expires_in:?} {promotional}");
                self.once(owner, key, command, |model| model.give(owner, *amount, *expires_in, *promotional))
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
            Step::Settle(index) if !self.holds.is_empty() => self.settle(index.index(self.holds.len())),
            Step::Release(index) if !self.holds.is_empty() => self.release(index.index(self.holds.len())),
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
            Step::Settle(_) | Step::Release(_) | Step::Reopen | Step::ClockBack(_) => String::new(),
            Step::Run { .. } => unreachable!("work has a beginning and an end"),
        }
    }

    /// Work begins, if it does: where its hold is.
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
        self.alive.push(place);
        Ok(place)
    }

    /// Work ends.
    pub(super) fn end(&mut self, place: usize, works: bool) -> String {
        self.alive.retain(|alive| *alive != place);
        self.ask();
        if works {
            let settled = self.settle(place);
            return if settled.starts_with("closed") { settled } else { "work done".to_owned() };
        }
        self.release(place);
        "work failed".to_owned()
    }

    /// A command under a key is done once; one that is rejected leaves the key as it was.
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

    fn give(
        &mut self,
        owner: usize,
        amount: i64,
        expires_in: Option<u32>,
        promotional: bool,
    ) -> Result<(String, Used), String> {
        if amount <= 0 {
            return Err(format!("{amount} is not positive"));
        }
        if expires_in == Some(0) {
            return Err("expired".to_owned());
        }
        let expires_at = expires_in.map(|minutes| self.now + i64::from(minutes) * MINUTE);
        let grants = &mut self.wallets[owner];
        let open = |grant: &Grant| grant.free + grant.held > 0;
        let crowded = grants.iter().filter(|grant| open(grant)).count() > OPEN_GRANTS_MERGE_ABOVE;
        let same = grants.iter_mut().find(|grant| {
            crowded && open(grant) && grant.expires_at == expires_at && grant.promotional == promotional
        });
        // A gift that joins keeps its place in the list, empty, so that places are those of the gifts.
        let free = if same.is_some() { 0 } else { amount };
        if let Some(grant) = same {
            grant.free += amount;
        }
        grants.push(Grant { free, held: 0, expires_at, promotional });
        self.lines[owner].push(format!("{amount:+}"));
        Ok((format!("{amount:+}"), Used::Done))
    }

    fn deduct(&mut self, owner: usize, amount: i64) -> Result<(String, Used), String> {
        if amount <= 0 {
            return Err(format!("{amount} is not positive"));
        }
        self.affordable(owner, amount)?;
        Ok((self.charge(owner, amount, 0), Used::Done))
    }

    fn hold(&mut self, owner: usize, key: Option<u8>, pages: i64, limit: u32) -> String {
        self.once(owner, key, format!("hold {pages}"), |model| {
            let place = model.open(owner, key, pages, limit)?;
            Ok((format!("hold {place}"), Used::Hold(place)))
        })
    }

    fn open(&mut self, owner: usize, key: Option<u8>, pages: i64, limit: u32) -> Result<usize, String> {
        let price = price_of(pages)?;
        if limit == 0 {
            return Err("hold limit".to_owned());
        }
        self.affordable(owner, price)?;
        let pins = self.take(owner, price);
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
            opened_at: self.now,
            until,
            state: State::Open,
        });
        Ok(self.holds.len() - 1)
    }

    fn settle(&mut self, place: usize) -> String {
        let Hold { owner, key, price, state, .. } = self.holds[place];
        let charged = key.is_some_and(|key| self.keys[&(owner, key)].1 == Used::Charged);
        match state {
            State::Settled => return "replayed".to_owned(),
            // One key is charged once: nothing is owed for another attempt.
            State::Open if charged => {
                self.free(place, State::Released);
                return "replayed".to_owned();
            }
            _ if charged => return "replayed".to_owned(),
            State::Released => return "closed Released".to_owned(),
            State::Open => {
                let pins = std::mem::take(&mut self.holds[place].pins);
                for (grant, amount) in &pins {
                    self.wallets[owner][*grant].held -= amount;
                }
                self.lines[owner].push(line(-price, &pins, 0));
            }
            State::Lapsed => {}
        }
        self.holds[place].state = State::Settled;
        if let Some(key) = key {
            self.keys.get_mut(&(owner, key)).unwrap().1 = Used::Charged;
        }
        if state == State::Open {
            return format!("{:+} short 0", -price);
        }
        self.settle_late(place)
    }

    /// What the hold gave back and is still free, what expired because it lapsed, then anything else.
    fn settle_late(&mut self, place: usize) -> String {
        let Hold { owner, price, .. } = self.holds[place];
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
        for (grant, part) in self.take(owner, missing) {
            missing -= part;
            add(&mut taken, grant, part);
        }
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
        self.affordable(owner, price)?;
        Ok(price)
    }

    fn affordable(&self, owner: usize, amount: i64) -> Result<(), String> {
        let available = self.available(owner);
        if amount > available { Err(format!("needs {amount} of {available}")) } else { Ok(()) }
    }

    /// Takes free credits and writes the entry.
    fn charge(&mut self, owner: usize, amount: i64, short: i64) -> String {
        let taken = self.take(owner, amount);
        self.lines[owner].push(line(-amount, &taken, short));
        format!("{:+}", -amount)
    }

    /// Takes free credits: soonest expiry first, then promotional, then oldest.
    fn take(&mut self, owner: usize, amount: i64) -> Vec<(usize, i64)> {
        let grants = &mut self.wallets[owner];
        let mut order: Vec<usize> = (0..grants.len()).collect();
        order.sort_by_key(|place| {
            (grants[*place].expires_at.unwrap_or(i64::MAX), !grants[*place].promotional, *place)
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

    /// Instants at which something is due.
    fn instants(&self) -> Vec<i64> {
        let limits = self.holds.iter().filter(|hold| hold.state == State::Open).map(|hold| hold.until);
        let expiries = self.wallets.iter().flatten().filter_map(|grant| grant.expires_at);
        let mut instants: Vec<i64> = limits.chain(expiries).filter(|at| *at > self.now).collect();
        instants.sort_unstable();
        instants.dedup();
        instants
    }

    /// Time moves on, through every instant at which something is due: lapses first, then expiries.
    fn move_to(&mut self, now: i64) {
        for at in self.instants().into_iter().filter(|at| *at <= now).chain([now]) {
            self.now = at;
            for place in 0..self.holds.len() {
                let hold = &mut self.holds[place];
                if hold.state == State::Open && hold.until <= at {
                    hold.state = State::Lapsed;
                    hold.returned.clone_from(&hold.pins);
                    let grants = &self.wallets[hold.owner];
                    let is_past = |grant: usize| grants[grant].expires_at.is_some_and(|expiry| expiry <= at);
                    hold.expired = hold.pins.iter().copied().filter(|(grant, _)| is_past(*grant)).collect();
                    self.unpin(place);
                }
            }
            self.expire();
        }
    }

    fn free(&mut self, place: usize, state: State) {
        self.holds[place].state = state;
        self.unpin(place);
        self.expire();
    }

    fn unpin(&mut self, place: usize) {
        let hold = &mut self.holds[place];
        for (grant, amount) in hold.pins.drain(..) {
            self.wallets[hold.owner][grant].held -= amount;
            self.wallets[hold.owner][grant].free += amount;
        }
    }

    /// What is free of grants past their expiry leaves, in the order of the gifts.
    fn expire(&mut self) {
        for (grants, lines) in self.wallets.iter_mut().zip(&mut self.lines) {
            for (place, grant) in grants.iter_mut().enumerate() {
                if grant.free > 0 && grant.expires_at.is_some_and(|expires_at| expires_at <= self.now) {
                    let expired = line(-grant.free, &[(place, grant.free)], 0);
                    lines.push(format!("{expired} expired at {}", self.now));
                    grant.free = 0;
                }
            }
        }
    }
}

fn price_of(pages: i64) -> Result<i64, String> {
    match pages {
        0.. if pages <= PAGES_MAX => Ok(5 + pages),
        0.. => Err(format!("{pages} pages are over {PAGES_MAX}")),
        _ => Err(format!("{pages} pages are negative")),
    }
}

/// Takes more of a grant, which stands once.
fn add(taken: &mut Vec<(usize, i64)>, grant: usize, part: i64) {
    match taken.iter_mut().find(|(known, _)| *known == grant) {
        _ if part == 0 => {}
        Some((_, amount)) => *amount += part,
        None => taken.push((grant, part)),
    }
}

/// An entry that took credits of these grants.
fn line(amount: i64, taken: &[(usize, i64)], short: i64) -> String {
    format!("{amount:+} {taken:?} short {short}")
}
