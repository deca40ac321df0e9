//! Requests: how commands come to the writer, and how their replies go back.

pub(crate) mod hold_guard;
pub(crate) mod inbox;
pub(crate) mod reply;
pub(crate) mod slot;
