//! A second definition in one module: found in the source file of the call, because a macro sees its own tokens alone.
//!
//! It knows blocks, comments and literals of Rust and nothing of definitions. Where a file cannot be read, or the call
//! comes from another macro, it finds nothing, and the compiler tells of every name that is defined twice.

use std::fs;

use crate::messages::{self, Message};

const NAME: &str = "usage_credits";

/// The error of a call whose module has an earlier one.
pub(crate) fn second(call: proc_macro::Span) -> Option<Message> {
    let source = fs::read_to_string(call.local_file()?).ok()?;
    earlier(&source, call.line()).map(messages::second_definition)
}

/// The line of an earlier call in the block that has the call of this line.
pub(crate) fn earlier(source: &str, line: usize) -> Option<usize> {
    let calls = calls(source);
    let (place, own) = calls.iter().enumerate().find(|(_, call)| call.line == line)?;
    calls.iter().take(place).find(|call| call.block == own.block).map(|call| call.line)
}

/// A call of the macro.
struct Call {
    line: usize,
    /// Which block of the file it is directly in.
    block: usize,
}

/// The calls of a file, without those that have attributes: they may be for different configurations.
fn calls(source: &str) -> Vec<Call> {
    let (mut calls, mut blocks, mut count, mut line) = (Vec::new(), vec![0], 0_usize, 1_usize);
    let mut has_attribute = false;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest).unwrap_or_else(|| word(rest).unwrap_or(first.len_utf8()));
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match first {
            '{' => {
                count = count.saturating_add(1);
                blocks.push(count);
            }
            '}' if blocks.len() > 1 => drop(blocks.pop()),
            _ if token == NAME && after.trim_start().starts_with('!') && !has_attribute => {
                calls.push(Call { line, block: blocks.last().copied().unwrap_or_default() });
            }
            _ => {}
        }
        // Between an attribute and its call stands the path of the macro alone.
        has_attribute =
            first == ']' || (has_attribute && (is_trivia(token) || first == ':' || is_word(first)));
        line = line.saturating_add(token.matches('\n').count());
        rest = after;
    }
    calls
}

/// How long a comment or a literal is that the text begins with.
fn skipped(text: &str) -> Option<usize> {
    let until = |begin: &str, end: &str| {
        let body = text.strip_prefix(begin)?;
        Some(body.find(end).map_or(text.len(), |at| at.saturating_add(begin.len()).saturating_add(end.len())))
    };
    if text.starts_with("/*") {
        return Some(block_comment(text));
    }
    if let Some(raw) = text.strip_prefix('r') {
        let hashes = raw.bytes().take_while(|byte| *byte == b'#').count();
        let quote = raw.get(hashes..).is_some_and(|text| text.starts_with('"'));
        if quote {
            let (begin, end) = (format!("r{}\"", "#".repeat(hashes)), format!("\"{}", "#".repeat(hashes)));
            return until(&begin, &end);
        }
    }
    until("//", "\n").or_else(|| quoted(text, '"')).or_else(|| character(text))
}

/// How long a block comment is, with those inside it.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            (depth, at) = (depth.saturating_add(1), at.saturating_add(2));
        } else if rest.starts_with("*/") {
            (depth, at) = (depth.saturating_sub(1), at.saturating_add(2));
            if depth == 0 {
                return at;
            }
        } else {
            at = at.saturating_add(rest.chars().next().map_or(1, char::len_utf8));
        }
    }
    text.len()
}

/// The length of a text in quotes, escapes included.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    let body = text.strip_prefix(quote)?;
    let end = body.char_indices().find(|(_, found)| {
        let is_end = *found == quote && !escaped;
        escaped = *found == '\\' && !escaped;
        is_end
    });
    Some(end.map_or(text.len(), |(at, _)| at.saturating_add(quote.len_utf8().saturating_mul(2))))
}

/// How long a character is; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.strip_prefix('\'')?.chars();
    let (first, second) = (chars.next()?, chars.next()?);
    if first == '\\' || second == '\'' { quoted(text, '\'') } else { None }
}

/// How long a name or a number is.
fn word(text: &str) -> Option<usize> {
    let end = text.find(|found| !is_word(found)).unwrap_or(text.len());
    (end > 0).then_some(end)
}

fn is_word(found: char) -> bool {
    found.is_alphanumeric() || found == '_'
}

fn is_trivia(token: &str) -> bool {
    token.trim().is_empty() || token.starts_with("//") || token.starts_with("/*")
}
