//! Diagnostics: errors with their places, collected until the end of the expansion.
//!
//! It does not know a single message; those are in `messages`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::messages::Message;

/// The proof that an error was reported; only [`Diagnostics`] makes one. What has it for a value is poisoned:
/// rules that come later skip it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reported(());

/// A value, or the proof that an error was reported in its place.
pub(crate) type Result<T> = core::result::Result<T, Reported>;

/// Every error of one definition.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    reports: Vec<Report>,
    warnings: Vec<(Span, Message)>,
}

/// One cause, shown at one place or at two.
#[derive(Debug)]
struct Report {
    culprit: (Span, Message),
    other_party: Option<(Span, Message)>,
}

/// The error of a definition that nothing is generated of.
pub(crate) fn only(span: Span, message: Message) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    diagnostics.report(span, message);
    diagnostics.into_tokens()
}

impl Diagnostics {
    /// Reports a mistake at the smallest token to edit.
    pub(crate) fn report(&mut self, span: Span, message: Message) -> Reported {
        self.reports.push(Report { culprit: (span, message), other_party: None });
        Reported(())
    }

    /// Reports a mistake that takes two: the culprit, and what it collides with.
    pub(crate) fn report_pair(&mut self, culprit: (Span, Message), other: (Span, Message)) -> Reported {
        self.reports.push(Report { culprit, other_party: Some(other) });
        Reported(())
    }

    /// Says what may be meant, though it seldom is.
    pub(crate) fn warn(&mut self, span: Span, message: Message) {
        self.warnings.push((span, message));
    }

    /// The warnings, as uses of constants that are deprecated with their text: `#![allow(deprecated)]` silences them.
    pub(crate) fn warnings(&self) -> TokenStream {
        let warnings = self.warnings.iter().map(|(span, message)| {
            let text = message.to_string();
            let name = Ident::new("PRICING", *span);
            quote! {
                const _: () = {
                    #[deprecated(note = #text)]
                    const PRICING: () = ();
                    #name
                };
            }
        });
        warnings.collect()
    }

    /// How many mistakes were reported so far.
    pub(crate) fn count(&self) -> usize {
        self.reports.len()
    }

    /// Forgets the reports beyond this number: follow-ups of an earlier mistake.
    pub(crate) fn forget_after(&mut self, count: usize) {
        self.reports.truncate(count);
    }

    /// The errors in the order of the source; the other party follows its culprit.
    pub(crate) fn into_errors(mut self) -> Vec<(Span, Message)> {
        self.reports.sort_by_key(|report| {
            let start = report.culprit.0.start();
            (start.line, start.column)
        });
        self.reports
            .into_iter()
            .flat_map(|report| std::iter::once(report.culprit).chain(report.other_party))
            .collect()
    }

    /// The errors as `compile_error!` calls. The first one also defines [`poison`].
    pub(crate) fn into_tokens(self) -> TokenStream {
        let poison = poison();
        let mut errors = self.into_errors().into_iter().map(|(span, message)| {
            let text = message.to_string();
            quote_spanned!(span=> ::core::compile_error! { #text })
        });
        let Some(first) = errors.next() else { return TokenStream::new() };
        quote! {
            #[doc(hidden)]
            #[allow(dead_code)]
            type #poison = [(); #first];
            #(#errors)*
        }
    }
}

/// The type of everything that is unknown because of an error. It contains that error, and therefore rustc reports nothing
/// about it again: it can be called with any arguments, and every method and field of it exists.
pub(crate) fn poison() -> Ident {
    Ident::new("__Poisoned", Span::call_site())
}
