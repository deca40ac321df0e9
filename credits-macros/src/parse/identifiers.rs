//! Words with emoji, which the compiler reports itself, and passes on. They are read as words without emoji.
//!
//! It does not know where they stand. Without it, making the name of a variant from one would panic.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};

/// The tokens with a word in place of each that is none.
pub(super) fn spelled_out(tokens: TokenStream) -> TokenStream {
    if !has_emoji(&tokens) {
        return tokens;
    }
    let spell = |token| match token {
        // A group that is made anew forgets where its delimiters stand.
        TokenTree::Group(group) if has_emoji(&group.stream()) => {
            let mut spelled = Group::new(group.delimiter(), spelled_out(group.stream()));
            spelled.set_span(group.span());
            spelled.into()
        }
        TokenTree::Ident(ident) => match word_for(&ident.to_string()) {
            None => ident.into(),
            Some(word) => Ident::new(&word, ident.span()).into(),
        },
        token => token,
    };
    tokens.into_iter().map(spell).collect()
}

fn has_emoji(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => has_emoji(&group.stream()),
        TokenTree::Ident(ident) => word_for(&ident.to_string()).is_some(),
        _ => false,
    })
}

/// `x1f680` for the rocket; none if every character can be in a word.
fn word_for(text: &str) -> Option<String> {
    let spell =
        |letter: char| if is_emoji(letter) { format!("x{:x}", u32::from(letter)) } else { letter.into() };
    text.contains(is_emoji).then(|| text.chars().map(spell).collect())
}

/// The characters that rustc's lexer takes for part of a word, only to refuse the word: emoji that are no letters.
fn is_emoji(letter: char) -> bool {
    let enclosed = matches!(u32::from(letter), 0x24B6..=0x24E9 | 0x1F130..=0x1F189);
    let is_symbol = !letter.is_alphanumeric() || enclosed;
    let is_mark = matches!(
        u32::from(letter),
        0x203F | 0x2040 | 0x2054 | 0x20D0..=0x20F0 | 0x302A..=0x302F | 0x3099..=0x309A
    );
    let is_block = matches!(
        u32::from(letter),
        0xA9 | 0xAE | 0x200D | 0x203C..=0x3299 | 0x1F000..=0x1FAFF | 0xE0020..=0xE007F
    );
    is_block && is_symbol && !is_mark
}

#[cfg(test)]
mod tests {
    use super::word_for;

    #[test]
    fn emoji_are_spelled_out_and_letters_of_all_scripts_stay() {
        for (text, word) in [
            ("\u{1F680}", Some("x1f680")),
            ("fly_\u{1F680}", Some("fly_x1f680")),
            ("\u{24C2}", Some("x24c2")),
            ("\u{1F468}\u{200D}\u{1F4BB}", Some("x1f468x200dx1f4bb")),
            ("gr\u{F6}\u{DF}e", None),
            ("\u{753B}\u{50CF}", None),
            ("\u{43A}\u{430}\u{440}\u{442}\u{430}", None),
            ("a\u{203F}b", None),
            ("page", None),
        ] {
            assert_eq!(word_for(text).as_deref(), word, "{text}");
        }
    }
}
