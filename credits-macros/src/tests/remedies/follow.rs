//! An author who does what a help says: the text in backticks takes the place of the text that looks most like it.

use std::collections::HashSet;

use proc_macro2::{Delimiter, LineColumn, Span, TokenStream, TokenTree};

use super::super::{spanned_errors, tokens};
use crate::vocab::is_keyword;

/// Places that are tried; an author sees at a glance which one is meant.
const PLACES_MAX: usize = 8;

/// How much less alike a place may be than the most similar one, to be the one that is meant.
const SLACK: usize = 5;

/// Tokens around the error that a help may replace.
const REACH: usize = 24;

/// What a help asks for.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// `write ..`
    Write(String),
    /// `write .. for ..`, once or twice
    For(Vec<(String, String)>),
    /// `write .. before it`
    Before(String),
    /// `remove it`
    Remove,
    /// `remove ..`, of a text in backticks
    RemoveText(String),
}

/// What a help asks for; nothing if it shows an example, or a form with places to fill.
pub(super) fn edits(message: &str) -> Vec<Edit> {
    let Some((_, help)) = message.split_once("help: ") else { return Vec::new() };
    let is_example = ["such as", "add ", "one of them", "declare", "list the", "rename"]
        .iter()
        .any(|word| help.contains(word));
    let quoted: Vec<&str> = help.split('`').skip(1).step_by(2).collect();
    if is_example {
        return Vec::new();
    }
    if let Some(first) = help.starts_with("remove `").then(|| quoted.first()).flatten() {
        return vec![Edit::RemoveText((*first).to_owned())];
    }
    if help.starts_with("remove") || help.starts_with("leave") {
        return vec![Edit::Remove];
    }
    let pairs: Vec<(String, String)> = help
        .match_indices("` for `")
        .filter_map(|(middle, between)| {
            let (_, new) = help[..middle].rsplit_once('`')?;
            let (old, _) = help[middle + between.len()..].split_once('`')?;
            Some((new.to_owned(), old.to_owned()))
        })
        .collect();
    if !pairs.is_empty() {
        return vec![Edit::For(pairs)];
    }
    if let Some(first) = help.contains("` before `").then(|| quoted.first()).flatten() {
        return vec![Edit::Before((*first).to_owned())];
    }
    let blanks = ["(..)", "{ .. }", "\"..\"", "=> ..", "<= .."];
    let is_whole = |text: &&&str| !blanks.iter().any(|blank| text.contains(blank));
    let (before, _) = help.split_once('`').unwrap_or((help, ""));
    if !before.contains("write") || quoted.len() > 3 {
        return Vec::new();
    }
    quoted.iter().filter(is_whole).map(|text| Edit::Write((*text).to_owned())).collect()
}

/// A token or a delimiter: where it begins and ends in a text of one line, and how it nests.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
    depth: isize,
}

fn places(stream: TokenStream) -> Vec<Place> {
    let place = |span: Span, depth| Place { start: span.start().column, end: span.end().column, depth };
    stream
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                let mut all = vec![place(group.span_open(), 1)];
                all.extend(places(group.stream()));
                all.push(place(group.span_close(), -1));
                all
            }
            other => vec![place(other.span(), 0)],
        })
        .collect()
}

/// The source after the edit at the most fitting place; none if there is no place for it.
pub(super) fn applied(
    source: &str,
    span: (LineColumn, LineColumn),
    edit: &Edit,
    seen: &HashSet<String>,
) -> Option<String> {
    let places = places(tokens(source));
    let at = places.iter().position(|place| place.start == span.0.column)?;
    let (target, replacement) = match edit {
        Edit::Remove => {
            let Place { start, end, .. } = *places.get(at)?;
            return Some(replaced(source, start..end, "")).filter(|next| is_lexed(next));
        }
        Edit::For(pairs) => {
            return pairs
                .iter()
                .try_fold(source.to_owned(), |source, (new, old)| exchanged(&source, new, old));
        }
        Edit::Before(text) => {
            let Place { start, .. } = *places.get(at)?;
            return Some(replaced(source, start..start, text)).filter(|next| is_lexed(next));
        }
        Edit::RemoveText(text) => (text.as_str(), ""),
        Edit::Write(text) => (text.as_str(), text.as_str()),
    };
    // The mark that is wrong may go.
    let allowed = format!("{target} {}", source.get(span.0.column..span.1.column).unwrap_or_default());
    let mut extents: Vec<(usize, usize, String)> = extents(&places, at)
        .into_iter()
        .filter(|(start, end)| keeps(&source[*start..*end], &allowed))
        .map(|(start, end)| {
            let distance = strsim::osa_distance(source.get(start..end).unwrap_or_default(), target);
            (distance, end - start, replaced(source, start..end, replacement))
        })
        .filter(|(.., next)| next != source)
        .filter(|(.., next)| is_lexed(next))
        .collect();
    extents.sort();
    // A definition is tried once, unless it is the only one.
    if extents.iter().any(|(.., next)| !seen.contains(next)) {
        extents.retain(|(.., next)| !seen.contains(next));
    }
    let nearest = extents.first()?.0;
    let alike = extents.into_iter().take_while(|(distance, ..)| *distance <= nearest + SLACK);
    alike.take(PLACES_MAX).map(|(.., next)| next).min_by_key(|next| spanned_errors(next).len())
}

/// Without a group that is half removed.
fn is_lexed(source: &str) -> bool {
    source.parse::<TokenStream>().is_ok()
}

/// The source with a text in place of another, whatever blanks that has.
fn exchanged(source: &str, new: &str, old: &str) -> Option<String> {
    let plain = |text: &str| text.replace(' ', "");
    let places = places(tokens(source));
    let (start, end) = (0..places.len())
        .flat_map(|at| extents(&places, at))
        .find(|(start, end)| plain(&source[*start..*end]) == plain(old))?;
    Some(replaced(source, start..end, new)).filter(|next| is_lexed(next))
}

fn replaced(source: &str, range: std::ops::Range<usize>, new: &str) -> String {
    let (before, after) = (&source[..range.start], &source[range.end..]);
    let blank = if before.ends_with([' ', '(', '.', ':']) || new.is_empty() { "" } else { " " };
    let glued = new.starts_with(['.', '(', ',']) || before.is_empty();
    let blank_after = if after.starts_with([' ', ')', ',', '.', '(']) { "" } else { " " };
    format!("{before}{}{new}{blank_after}{after}", if glued { "" } else { blank })
}

/// A help does not replace the statement behind it, nor the next entry of a list.
fn keeps(text: &str, help: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        text.split(|letter| !is_part(letter)).filter(|word| is_keyword(word)).map(str::to_owned).collect()
    };
    if [",", "=>", "{", "+"].iter().any(|mark| text.contains(mark) && !help.contains(mark)) {
        return false;
    }
    let (kept, written) = (words(help), words(text));
    let starts =
        |text: &str, words: &[String]| words.first().is_some_and(|word| text.starts_with(word.as_str()));
    // One statement in place of another.
    let is_statement = starts(help, &kept) && starts(text, &written);
    written.iter().skip(usize::from(is_statement)).all(|word| kept.contains(word))
}

/// The stretches of whole tokens around one of them.
fn extents(places: &[Place], at: usize) -> Vec<(usize, usize)> {
    let mut extents = Vec::new();
    for first in at.saturating_sub(REACH)..=at {
        let (mut depth, mut least) = (0, 0);
        for (index, place) in places.iter().enumerate().skip(first).take(at - first + REACH) {
            depth += place.depth;
            least = least.min(depth);
            if index >= at && depth == 0 && least == 0 {
                extents.push((places[first].start, place.end));
            }
        }
    }
    extents
}

/// The number at a place, or before it if the place is its unit.
pub(super) fn amount_at(source: &str, span: (LineColumn, LineColumn)) -> Option<String> {
    let text = source.get(span.0.column..span.1.column)?;
    text.starts_with(|first: char| first.is_ascii_digit()).then(|| text.to_owned())
}
