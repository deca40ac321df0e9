//! Operations, plans and packs by their names, as a request from outside has them.

#![deny(missing_docs, warnings, clippy::pedantic)]

use std::collections::BTreeMap;

use credits_runtime::catalogue::{InputKind, OperationSpec};
use credits_runtime::generated::JsonObject;
use credits_runtime::{Quantity, usage_credits};

/// A type that no JSON can give.
#[derive(Clone, Debug, PartialEq)]
pub struct Handle;

/// A type of the application, which is deserialised by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Tags(BTreeMap<String, u8>);

impl<'de> serde::Deserialize<'de> for Tags {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::Deserialize::deserialize(deserializer).map(Self)
    }
}

usage_credits! {
    operation generate_image {
        costs 50.credits
        formerly draw_image
    }
    operation transcribe {
        costs 1.credit_per(minute) + 2.credits_per(mb)
        limit mb <= 100
    }
    operation render {
        costs by quality { standard => 10.credits, hd => 25.credits }
        with r#type: String, tags: Tags, seed: Option<u32>
    }
    operation print {
        costs 1.credit
        with handle: Handle
        validate handle == &Handle, "another handle"
    }
    operation shout {
        costs 1.credit
        with words: &'static str
    }
    subscription_plan pro {
        stripe_price month: "price_month", year: "price_year"
        processor_price paddle: "pri_pro"
        gives 10_000.credits.every(month)
        formerly studio
    }
    credit_pack boost {
        gives 500.credits
        bonus 50.credits
        costs 9.dollars
        stripe_price "price_boost"
        processor_price paddle: "pri_boost"
    }
    credit_pack inline {
        gives 5.credits
        costs 1.dollar
    }
}

fn called(name: &str, inputs: &str) -> Result<Operation, String> {
    let inputs: JsonObject = serde_json::from_str(inputs).map_err(|error| error.to_string())?;
    Operation::from_json(name, &inputs).map_err(|error| error.to_string())
}

#[test]
fn an_operation_is_called_by_its_name() {
    assert_eq!(called("generate_image", "{}"), Ok(Operation::GenerateImage));
    assert_eq!(called("draw_image", "{}"), Ok(Operation::GenerateImage));
    let transcribe = |minutes: Quantity<units::Minute>| Operation::Transcribe { minutes, mb: 3.into() };
    assert_eq!(called("transcribe", r#"{ "minutes": 7, "mb": 3 }"#), Ok(transcribe(7.into())));
    let exact = called("transcribe", r#"{ "minutes": "2.5", "mb": "3" }"#);
    assert_eq!(exact, Ok(transcribe(std::time::Duration::from_secs(150).into())));
    let tags = Tags(BTreeMap::from([("a".to_owned(), 1)]));
    let render = |seed| Operation::Render {
        quality: RenderQuality::Hd,
        r#type: "fir".to_owned(),
        tags: tags.clone(),
        seed,
    };
    let given = r#"{ "quality": "hd", "type": "fir", "tags": { "a": 1 }"#;
    assert_eq!(called("render", &format!("{given} }}")), Ok(render(None)));
    assert_eq!(called("render", &format!("{given}, \"seed\": 4 }}")), Ok(render(Some(4))));
}

#[test]
fn a_request_that_is_no_operation_says_what_to_write() {
    for (name, inputs, expected) in [
        (
            "generate",
            "{}",
            "`generate` is no operation: write `generate_image`, `transcribe`, `render`, `print` or `shout`",
        ),
        ("generate_image", r#"{ "pages": 1 }"#, "`generate_image` has no input `pages`: it takes none"),
        (
            "transcribe",
            r#"{ "minutes": 1, "megabytes": 1 }"#,
            "`transcribe` has no input `megabytes`: write `minutes` or `mb`",
        ),
        (
            "transcribe",
            r#"{ "minutes": 1 }"#,
            "`transcribe` needs the input `mb`: give a number of mb, whole or as a text such as `\"2.5\"`",
        ),
        (
            "transcribe",
            r#"{ "minutes": 2.5, "mb": 1 }"#,
            "`transcribe` cannot read the input `minutes`: 2.5; give a number of minutes, whole or as a text such \
             as `\"2.5\"`",
        ),
        (
            "transcribe",
            r#"{ "minutes": "1e3", "mb": 1 }"#,
            "`transcribe` cannot read the input `minutes`: \"1e3\"; give a number of minutes, whole or as a text \
             such as `\"2.5\"`",
        ),
        (
            "render",
            r#"{ "quality": "uhd", "type": "fir", "tags": {} }"#,
            "`render` cannot read the input `quality`: \"uhd\"; give `standard` or `hd`",
        ),
        (
            "render",
            r#"{ "quality": "hd", "type": 5, "tags": {} }"#,
            "`render` cannot read the input `type`: invalid type: integer `5`, expected a string; give a `String`",
        ),
        ("render", r#"{ "quality": "hd", "type": "" }"#, "`render` needs the input `tags`: give a `Tags`"),
        (
            "print",
            r#"{ "handle": 1 }"#,
            "`print` cannot be called with JSON: its parameter `handle` is a `Handle`, which does not implement \
             `Deserialize`; implement it, or call the operation from Rust",
        ),
        (
            "shout",
            r#"{ "words": "a" }"#,
            "`shout` cannot be called with JSON: its parameter `words` is a `&'static str`, which does not \
             implement `Deserialize`; implement it, or call the operation from Rust",
        ),
    ] {
        assert_eq!(called(name, inputs), Err(expected.to_owned()));
    }
}

#[test]
fn every_operation_says_what_it_takes() {
    let names: Vec<_> = Operation::ALL.iter().map(|known| (known.name, known.is_callable())).collect();
    let expected = [
        ("generate_image", true),
        ("transcribe", true),
        ("render", true),
        ("print", false),
        ("shout", false),
    ];
    assert_eq!(names, expected);
    assert_eq!(Operation::from_name("draw_image").map(|known| known.name), Some("generate_image"));
    assert!(Operation::from_name("draw").is_none());
    let inputs = |name| Operation::from_name(name).map_or(&[][..], |known: &OperationSpec| known.inputs);
    let size = inputs("transcribe")[1];
    assert!(matches!(size.kind, InputKind::Quantity { unit, max: Some(100) } if unit.name == "mb"));
    let InputKind::Quantity { unit, max: None } = inputs("transcribe")[0].kind else { panic!("{size:?}") };
    assert_eq!(unit.plural, "minutes");
    assert_eq!(inputs("render")[0].kind, InputKind::Choice { options: &["standard", "hd"] });
    assert_eq!(inputs("render")[3].kind, InputKind::Parameter { ty: "Option<u32>", is_readable: true });
    let data = serde_json::to_value(&Pricing::catalog().operations[2].inputs).unwrap();
    assert_eq!(
        data[0],
        serde_json::json!({ "name": "quality", "kind": "choice", "options": ["standard", "hd"] })
    );
    let parameter = serde_json::json!(
        { "name": "type", "kind": "parameter", "ty": "String", "is_readable": true }
    );
    assert_eq!(data[1], parameter);
}

#[test]
fn inputs_are_no_terms() {
    let mut data = Pricing::catalog();
    let fingerprint = data.fingerprint();
    data.operations[2].inputs.clear();
    assert_eq!(data.fingerprint(), fingerprint);
}

#[test]
fn plans_and_packs_are_found_by_their_prices_and_names() {
    assert_eq!((Plan::from_price("price_year"), Plan::from_price("price_boost")), (Some(Plan::Pro), None));
    assert_eq!((Pack::from_price("price_boost"), Pack::from_price("")), (Some(Pack::Boost), None));
    let at_paddle = (Plan::from_price("paddle:pri_pro"), Pack::from_price("paddle:pri_boost"));
    assert_eq!(at_paddle, (Some(Plan::Pro), Some(Pack::Boost)));
    assert_eq!((Plan::from_price("pri_pro"), Plan::from_price("polar:pri_pro")), (None, None));
    assert_eq!((Plan::from_name("studio"), Plan::from_name("pro")), (Some(Plan::Pro), Some(Plan::Pro)));
    assert_eq!((Pack::Boost.total(), Pack::Inline.total()), (550.into(), 5.into()));
}
