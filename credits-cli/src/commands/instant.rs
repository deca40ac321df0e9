//! Instants on the command line.

use credits_runtime::Timestamp;

/// An instant with its offset, or the first instant of a day in UTC.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let is_day = text.len() == "2026-11-27".len() && !text.contains(['T', 't', ' ']);
    let full = if is_day { format!("{text}T00:00:00Z") } else { text.to_owned() };
    full.parse()
        .map_err(|_| "write a day as `2026-11-27`, or an instant as `2026-11-27T16:20:00Z`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight() {
        assert_eq!(instant("2026-11-27").unwrap(), instant("2026-11-27T00:00:00Z").unwrap());
        assert_eq!(instant("2026-11-27T01:00:00+01:00").unwrap(), instant("2026-11-27").unwrap());
        for wrong in ["", "yesterday", "2026-13-01", "27.11.2026"] {
            assert!(instant(wrong).unwrap_err().starts_with("write a day"), "{wrong}");
        }
    }
}
