//! Requests: the inbox of the writer, and the replies to callers.

pub(crate) mod hold_guard;
pub(crate) mod inbox;
pub(crate) mod reply;
pub(crate) mod slot;
