//! Spans: the periods that lines pay for, cut by the lines that credit them.

use std::collections::BTreeMap;

use super::facts::{History, Line, Seconds};

/// Which invoices count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// "An invoice returned in full: none of its lines counts, as if it had not been paid."
    Paid,
    /// "Time whose invoice was returned counts for where cycles lie": its periods, not its credits.
    WithReturned,
}

/// A part of a span's quantity, and its end.
#[derive(Clone, Debug)]
struct Piece {
    quantity: i128,
    end: Seconds,
}

/// A period of an item that a line pays for.
#[derive(Clone, Debug)]
pub struct Span {
    pub item: String,
    pub start: Seconds,
    /// The paid end, before any credit.
    pub end: Seconds,
    /// "A billing period is whole if its line is no proration."
    pub is_whole: bool,
    /// Credited periods.
    pub credited: Vec<(Seconds, Seconds)>,
    price: String,
    invoice: String,
    paid_at: Seconds,
    /// Credits a cycle of a quantity of 1.
    amount: i128,
    pieces: Vec<Piece>,
}

/// Credited time that matches no span: "subtracted from what its subscription is paid for in that time".
#[derive(Clone, Debug)]
pub struct Debit {
    pub start: Seconds,
    pub end: Seconds,
    level: i128,
}

impl Span {
    /// Last end of the uncredited part; the start if there is none.
    pub fn net_end(&self) -> Seconds {
        let left = self.pieces.iter().filter(|piece| piece.quantity > 0);
        left.map(|piece| piece.end).max().unwrap_or(self.start)
    }

    /// Credits a cycle at an instant.
    pub fn level(&self, at: Seconds) -> i128 {
        if at < self.start {
            return 0;
        }
        let there = self.pieces.iter().filter(|piece| at < piece.end);
        self.amount * there.map(|piece| piece.quantity).sum::<i128>()
    }

    /// Instants at which the level or the credits change.
    pub fn breakpoints(&self) -> Vec<Seconds> {
        let ends = self.pieces.iter().map(|piece| piece.end);
        let credited = self.credited.iter().flat_map(|(start, end)| [*start, *end]);
        ends.chain(credited).chain([self.start, self.end]).collect()
    }

    pub fn is_credited_at(&self, at: Seconds) -> bool {
        self.credited.iter().any(|(start, end)| *start <= at && at < *end)
    }
}

impl Debit {
    pub fn level(&self, at: Seconds) -> i128 {
        if self.start <= at && at < self.end { self.level } else { 0 }
    }
}

/// A crediting line, with its invoice.
struct Credit {
    paid_at: Seconds,
    invoice: String,
    line: Line,
}

/// All spans, and the credits that match none.
pub fn of(history: &History, counting: Counting) -> (Vec<Span>, Vec<Debit>) {
    let (mut spans, mut credits) = (Vec::new(), Vec::new());
    for invoice in history.invoices.iter().filter(|invoice| invoice.paid_at <= history.now) {
        let is_returned = invoice.returned_at.is_some_and(|at| at <= history.now);
        if is_returned && counting == Counting::Paid {
            continue;
        }
        for line in added_up(without_opposites(&invoice.lines)) {
            if line.amount >= 0 {
                spans.push(span(history, &invoice.id, invoice.paid_at, line));
            } else if !is_returned {
                credits.push(Credit { paid_at: invoice.paid_at, invoice: invoice.id.clone(), line });
            }
        }
    }
    // "Negative lines match in the order of payment, then start."
    credits.sort_by_key(|credit| (credit.paid_at, credit.line.start, credit.invoice.clone()));
    let debits = credits.into_iter().filter_map(|credit| cut(history, &mut spans, &credit)).collect();
    (spans, debits)
}

/// Removes each line that has its exact opposite on the same invoice.
fn without_opposites(lines: &[Line]) -> Vec<Line> {
    let mut lines = lines.to_vec();
    let what = |line: &Line| (line.item.clone(), line.price.clone(), line.quantity, line.start, line.end);
    let pair = |lines: &[Line]| {
        lines.iter().enumerate().find_map(|(credit, line)| {
            let is_opposite = |other: &Line| other.amount > 0 && what(other) == what(line);
            let debit = lines.iter().position(|other| line.amount < 0 && is_opposite(other))?;
            Some((credit.min(debit), credit.max(debit)))
        })
    };
    while let Some((first, second)) = pair(&lines) {
        lines.remove(second);
        lines.remove(first);
    }
    lines
}

/// "Lines of one invoice, item, price and period add up."
fn added_up(lines: Vec<Line>) -> Vec<Line> {
    let mut sums: BTreeMap<_, Line> = BTreeMap::new();
    for line in lines {
        let is_credit = line.amount < 0;
        let what = (line.item.clone(), line.price.clone(), line.start, line.end, is_credit);
        match sums.get_mut(&what) {
            Some(sum) => {
                sum.quantity += line.quantity;
                sum.amount += line.amount;
                sum.is_proration &= line.is_proration;
            }
            None => drop(sums.insert(what, line)),
        }
    }
    sums.into_values().collect()
}

fn span(history: &History, invoice: &str, paid_at: Seconds, line: Line) -> Span {
    Span {
        amount: i128::from(history.amounts[&line.price]),
        pieces: vec![Piece { quantity: line.quantity.into(), end: line.end }],
        item: line.item,
        start: line.start,
        end: line.end,
        is_whole: !line.is_proration,
        credited: Vec::new(),
        price: line.price,
        invoice: invoice.to_owned(),
        paid_at,
    }
}

/// "It cuts a span of its price that ends where it ends and began no later to its own start; of a smaller
/// quantity the rest goes on." Returns the part that matches no span.
fn cut(history: &History, spans: &mut [Span], credit: &Credit) -> Option<Debit> {
    let Line { start, end, .. } = credit.line;
    let mut left = i128::from(credit.line.quantity);
    while left > 0 {
        let Some((span, piece)) = best(spans, credit, left) else { break };
        let span = &mut spans[span];
        let taken = left.min(span.pieces[piece].quantity);
        span.pieces[piece].quantity -= taken;
        span.pieces.push(Piece { quantity: taken, end: start });
        span.credited.push((start, end));
        left -= taken;
    }
    let level = left * i128::from(history.amounts[&credit.line.price]);
    (level > 0).then_some(Debit { start, end, level })
}

/// "Of several, in this order: of the same item, paid no later, of that quantity, begun last, paid last, by
/// invoice id"; a span of the credit's own invoice only if that span began earlier.
fn best(spans: &[Span], credit: &Credit, left: i128) -> Option<(usize, usize)> {
    let Line { start, end, .. } = credit.line;
    let pieces = spans.iter().enumerate().flat_map(|(number, span)| {
        span.pieces.iter().enumerate().map(move |(place, piece)| ((number, place), span, piece))
    });
    let can_be_cut = |span: &Span, piece: &Piece| {
        let is_of_another_invoice = span.invoice != credit.invoice || span.start < start;
        let is_there = piece.quantity > 0 && piece.end == end && piece.end > start;
        is_of_another_invoice && span.price == credit.line.price && span.start <= start && is_there
    };
    let fitting = pieces.filter(|(_, span, piece)| can_be_cut(span, piece));
    let best = fitting.max_by_key(|(place, span, piece)| {
        let is_same_item = span.item == credit.line.item;
        let was_paid_before = span.paid_at <= credit.paid_at;
        let id = span.invoice.clone();
        // Of items of one invoice that fit alike, the last one.
        let order = (span.item.clone(), std::cmp::Reverse(*place));
        (is_same_item, was_paid_before, piece.quantity == left, span.start, span.paid_at, id, order)
    });
    best.map(|(place, ..)| place)
}
