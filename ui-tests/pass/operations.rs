//! Every form of an operation, priced at its call sites.

#![deny(missing_docs, warnings, clippy::pedantic)]

use std::path::PathBuf;
use std::time::Duration;

use credits_runtime::catalogue::{Clause, Meta};
use credits_runtime::generated::Pricing as _;
use credits_runtime::{Amount, Bytes, Rejection, usage_credits};

/// A type of the application's, of which the macro does not know what it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob(Vec<u8>);

impl Blob {
    fn is_image(&self) -> bool {
        self.0.starts_with(b"\x89PNG")
    }
}

usage_credits! {
    /// Text to video.
    operation generate_video {
        costs 100.credits + 10.credits_per(:second)
        limit seconds <= 600
        with prompt: String
        validate prompt.len() <= 20, "prompt too long"
        validate !prompt.is_empty(), "prompt is empty";
        meta category: "ai", description: "Text to video", seats: -3, beta: true
    }

    operation generate_image {
        costs by quality { standard => 10.credits, :hd => 25.credits, r#type => 1.credit }
    }

    operation transcribe {
        costs 1.credit_per(minute) after 10.minutes
        at_least 1.credit
        at_most 500.credits
    }

    operation embed {
        costs tiers(1_000.tokens) { ..1_000_000.tokens => 2.credits, .. => 1.credit }
        limit tokens <= 3_000_000
    }

    operation export_report {
        with pages: u32
        costs { pages * 2 + 5 }
    }

    operation render {
        costs 1.credit_per(frame) + by size { small => 0.credits, large => 7.credits } + {
            let base = if draft { 1 } else { 10 };
            base + copies + i128::from(size == RenderSize::Large)
        }
        with draft: bool, copies: usize
        with blob: Blob, output: PathBuf, names: std::collections::BTreeMap<String, u8>
        with limit: u8
        validate blob.is_image() && output.extension().is_some(), "no image"
        validate names.len() < usize::from(limit), "too many names"
        validate matches!(size, RenderSize::Small | RenderSize::Large) || copies > 0, "cannot be"
        limit frames <= 100
    }

    operation wide { with a: u128, b: i128, c: i8 costs { a + b + c } at_most 9.credits }

    operation store { costs 3.credits_per(hour) + 1.credit_per(2.mb) after 1.gb }
}

#[test]
fn quantities_choices_and_parameters_make_a_price() {
    let cost = |operation: &Operation| operation.cost().unwrap();
    for (operation, expected) in [
        (Operation::generate_video(12, "a cat"), 220),
        (Operation::GenerateVideo { seconds: 12.into(), prompt: "a cat".to_owned() }, 220),
        (Operation::generate_image(GenerateImageQuality::Standard), 10),
        (Operation::generate_image(GenerateImageQuality::Hd), 25),
        (Operation::transcribe(Duration::from_secs(95)), 1),
        (Operation::transcribe(Duration::from_mins(15)), 5),
        (Operation::transcribe(1_000_000), 500),
        (Operation::embed(1_500), 3),
        (Operation::embed(2_000_000), 3_000),
        (Operation::export_report(3), 11),
        (Operation::wide(u128::MAX / 4, 1, -1), 9),
        (Operation::wide(3, 1, -1), 3),
        // 40 minutes at 3 credits an hour are 2 credits, not 2.000..1 rounded up.
        (Operation::store(Duration::from_mins(40), Bytes(1)), 2),
        (Operation::store(0, Bytes(1_024 * 1_024 * 1_024 + 3)), 1),
    ] {
        assert_eq!(cost(&operation), Amount::new(expected), "{}", operation.name());
    }
}

fn png() -> Blob {
    Blob(b"\x89PNG".to_vec())
}

#[test]
fn rust_in_braces_sees_integers_flags_and_choices() {
    let names = std::collections::BTreeMap::new;
    let draft = Operation::render(2, RenderSize::Small, true, 4, png(), "a.png", names(), 1);
    assert_eq!(draft.cost().unwrap(), Amount::new(2 + 1 + 4));
    let large = Operation::render(2, RenderSize::Large, false, 4, png(), "a.png", names(), 1);
    assert_eq!(large.cost().unwrap(), Amount::new(2 + 7 + 10 + 4 + 1));
}

#[test]
fn an_operation_is_cloned_compared_and_shown_if_its_parameters_are() {
    let names = std::collections::BTreeMap::new;
    let draft = Operation::render(2, RenderSize::Small, true, 4, png(), "a.png", names(), 1);
    assert_eq!(draft.clone(), draft);
    assert_ne!(
        draft,
        Operation::render(2, RenderSize::Small, true, 4, Blob(Vec::new()), "a.png", names(), 1)
    );
    assert_ne!(draft, Operation::export_report(1));
    assert_eq!(
        format!("{draft:?}"),
        "Render { frames: 2 frames, size: Small, draft: true, copies: 4, blob: Blob([137, 80, 78, 71]), \
         output: \"a.png\", names: {}, limit: 1 }"
    );
    assert_eq!(format!("{:?}", Operation::export_report(1)), "ExportReport { pages: 1 }");
}

#[test]
fn a_validation_says_its_message_as_written() {
    let message = |operation: Operation| match operation.cost() {
        Err(Rejection::ValidationFailed { operation, message }) => {
            (operation.into_owned(), message.into_owned())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(
        message(Operation::generate_video(1, "")),
        ("generate_video".to_owned(), "prompt is empty".to_owned())
    );
    let long = Operation::generate_video(1, "a cat that is too long");
    assert_eq!(long.cost().unwrap_err().to_string(), "prompt too long");
    assert_eq!(message(long), ("generate_video".to_owned(), "prompt too long".to_owned()));
    let names = std::collections::BTreeMap::from([("a".to_owned(), 1)]);
    let render = Operation::render(0, RenderSize::Small, true, 1, png(), "a.png", names, 1);
    assert_eq!(message(render), ("render".to_owned(), "too many names".to_owned()));
    // The quantity is judged before the parameters.
    let over = Operation::generate_video(601, "");
    assert!(matches!(over.cost(), Err(Rejection::QuantityOverLimit { limit: 600, .. })));
}

#[test]
fn the_largest_cost_is_a_constant() {
    assert_eq!(Operation::GENERATE_VIDEO_COST_MAX, Amount::new(6_100));
    assert_eq!(Operation::GENERATE_IMAGE_COST_MAX, Amount::new(25));
    assert_eq!(Operation::TRANSCRIBE_COST_MAX, Amount::new(500));
    assert_eq!(Operation::EMBED_COST_MAX, Amount::new(4_000));
    assert_eq!(Operation::WIDE_COST_MAX, Amount::new(9));
}

#[test]
fn choices_have_names() {
    let names: Vec<_> = GenerateImageQuality::ALL.iter().map(|quality| quality.name()).collect();
    assert_eq!(names, ["standard", "hd", "type"]);
    assert_eq!(GenerateImageQuality::from_name("hd"), Some(GenerateImageQuality::Hd));
    assert_eq!(GenerateImageQuality::from_name("sd"), None);
}

#[test]
fn the_catalogue_has_what_was_said() {
    let [video, .., report, _, wide, _] = Pricing::CATALOGUE.operations else { panic!() };
    let expected = [
        ("category", Meta::Text("ai")),
        ("description", Meta::Text("Text to video")),
        ("seats", Meta::Integer(-3)),
        ("beta", Meta::Flag(true)),
    ];
    assert_eq!(video.meta, expected);
    assert_eq!(report.costs, [Clause::Computed { source: "pages * 2 + 5" }]);
    assert_eq!(wide.at_most, Some(9));
}
