//! A parameter of a type that can be shown and nothing else: an operation with it is priced as any other.

#![deny(missing_docs, warnings, clippy::pedantic)]

use credits_runtime::{Amount, usage_credits};

/// A type of the application's, which is neither cloned nor compared.
#[derive(Debug)]
pub struct Upload {
    /// Its bytes.
    pub bytes: Vec<u8>,
}

usage_credits! {
    operation scan {
        costs 10.credits
        with file: Upload
        validate !file.bytes.is_empty(), "empty"
    }
    operation upscale {
        costs 1.credit
    }
}

#[test]
fn it_is_priced() {
    assert_eq!(Operation::scan(Upload { bytes: vec![1] }).cost().ok(), Some(Amount::new(10)));
    assert_eq!(Operation::scan(Upload { bytes: Vec::new() }).cost().unwrap_err().to_string(), "empty");
    assert_eq!(Operation::Upscale.cost().ok(), Some(Amount::new(1)));
    let scan = Operation::scan(Upload { bytes: vec![1] });
    assert_eq!(format!("{scan:?}"), "Scan { file: Upload { bytes: [1] } }");
}
