//! The command line of usage credits.

#[cfg(feature = "import")]
pub mod import;
