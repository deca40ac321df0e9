//! The journal: facts in frames, frames in blocks under a hash chain, and their encodings.

pub(crate) mod block;
pub(crate) mod cbor;
pub(crate) mod frame;
#[cfg(test)]
mod tests;
pub(crate) mod values;
pub(crate) mod varint;
