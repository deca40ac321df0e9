//! The pipeline: parse -> check -> lower -> generate.
//!
//! It knows the order of the phases and nothing of what they do. No phase stops the next one: what a phase has
//! refused it hands on as poisoned, so that every mistake is reported at once and everything that was declared
//! exists.

use proc_macro2::TokenStream;

use crate::diag::Diagnostics;
use crate::{check, generate, lower, parse};

/// What a `usage_credits!` call becomes.
pub(crate) struct Expansion {
    /// The generated items, complete even if there are diagnostics.
    pub(crate) code: TokenStream,
    /// The errors.
    pub(crate) diagnostics: Diagnostics,
}

/// Expands a definition.
pub(crate) fn expand(input: TokenStream) -> Expansion {
    let mut diagnostics = Diagnostics::default();
    let ast = parse::pricing(input, &mut diagnostics);
    let checked = check::pricing(&ast, &mut diagnostics);
    let model = lower::pricing(checked);
    Expansion { code: generate::pricing(&model), diagnostics }
}

impl Expansion {
    /// The errors, then the items.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let warnings = self.diagnostics.warnings();
        let mut tokens = self.diagnostics.into_tokens();
        tokens.extend(self.code);
        tokens.extend(warnings);
        tokens
    }
}
