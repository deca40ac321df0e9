//! Cross-site requests: a browser sends the visitor's cookies with a form of any other site, so such writes are refused.
//!
//! The rule is that of `CrossOriginProtection` in Go 1.25: `Sec-Fetch-Site` decides, and without it `Origin` is compared with
//! `Host`. A request with neither comes from no browser. It needs no session and no hidden field.

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method};

/// Whether a request that may write comes from another site.
pub(crate) fn is_cross_site(request: &Parts, trusted: &[String]) -> bool {
    if matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    let headers = &request.headers;
    let origin = text(headers, ORIGIN.as_str());
    if origin.is_some_and(|origin| trusted.iter().any(|known| known == origin)) {
        return false;
    }
    match text(headers, "sec-fetch-site") {
        Some(site) => !matches!(site, "same-origin" | "none"),
        None => headers.contains_key(ORIGIN) && !is_host(origin, host(request)),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The host that the request is for: HTTP/2 has it in the address.
fn host(request: &Parts) -> Option<&str> {
    text(&request.headers, HOST.as_str()).or_else(|| request.uri.authority().map(Authority::as_str))
}

fn is_host(origin: Option<&str>, host: Option<&str>) -> bool {
    let of_origin = origin.and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    matches!((of_origin, host), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn is_refused(method: &str, headers: &[(&str, &str)]) -> bool {
        let request = Request::builder().method(method).uri("/owner/give").header("host", "shop.example");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let trusted = ["https://admin.example".to_owned()];
        is_cross_site(&request.body(()).unwrap().into_parts().0, &trusted)
    }

    #[test]
    fn writes_of_other_sites_are_refused() {
        for (headers, refused) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "unheard-of")], true),
            (&[("origin", "https://shop.example")], false),
            (&[("origin", "http://SHOP.example")], false),
            (&[("origin", "https://shop.example:8443")], true),
            (&[("origin", "https://evil.example")], true),
            (&[("origin", "https://shop.example.evil.example")], true),
            (&[("origin", "null")], true),
            (&[("origin", "")], true),
            (&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")], false),
            (&[("origin", "https://shop.example"), ("sec-fetch-site", "cross-site")], true),
            (&[("origin", "https://admin.example"), ("sec-fetch-site", "cross-site")], false),
        ] {
            assert_eq!(is_refused("POST", headers), refused, "{headers:?}");
            assert!(!is_refused("GET", headers), "{headers:?}");
        }
        assert!(is_refused("DELETE", &[("sec-fetch-site", "cross-site")]));
    }
}
