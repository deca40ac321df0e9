//! The journal: facts in frames, frames in blocks under a chain of hashes, and how their bytes are written.

pub(crate) mod block;
pub(crate) mod cbor;
pub(crate) mod frame;
#[cfg(test)]
mod tests;
pub(crate) mod values;
pub(crate) mod varint;
