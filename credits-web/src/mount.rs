//! Where the pages are mounted: links are relative to the page, so that they hold at any path and behind any proxy.
//!
//! It does not know which pages there are.

use axum::extract::{OriginalUri, Request};
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// The relative address of the pages' root, as seen from one page: `./`, `../`, or `./credits/` from a root without its last
/// slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root(String);

impl Root {
    /// The root as seen from a request, whose path is the one within the mounted service.
    fn of(request: &Request) -> Self {
        let inner = request.uri().path();
        let outer = request.extensions().get::<OriginalUri>().map_or(inner, |original| original.0.path());
        if inner.len() > 1 {
            let depth = inner.bytes().filter(|byte| *byte == b'/').count().saturating_sub(1);
            return Self(if depth == 0 { "./".to_owned() } else { "../".repeat(depth) });
        }
        match outer.rsplit('/').next() {
            // A colon in a first part without the dot would end a scheme.
            Some(last) if !last.is_empty() => Self(format!("./{last}/")),
            _ => Self("./".to_owned()),
        }
    }

    /// The address of a page by its path within the pages: `owners`; the root for an empty one.
    pub(crate) fn to(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address of a page with a query.
    pub(crate) fn with(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(query);
        format!("{}{path}?{}", self.0, text.finish())
    }
}

/// Notes the root for the handlers, and removes last slashes from the path: both spellings are one page.
pub(crate) fn located(mut request: Request) -> Request {
    let root = Root::of(&request);
    let path = request.uri().path();
    let trimmed = path.trim_end_matches('/');
    if trimmed.len() < path.len() {
        let path = if trimmed.is_empty() { "/" } else { trimmed };
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut parts = request.uri().clone().into_parts();
        // A part of a valid path is valid.
        parts.path_and_query = PathAndQuery::try_from(format!("{path}{query}")).ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request.extensions_mut().insert(root);
    request
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn links_lead_to_the_root_from_every_page() {
        for (outer, inner, root) in [
            ("/", "/", "./"),
            ("/credits", "/", "./credits/"),
            ("/credits/", "/", "./"),
            ("/a/b%20c", "/", "./b%20c/"),
            ("/credits:eu", "/", "./credits:eu/"),
            ("/credits/owners", "/owners", "./"),
            ("/credits/owners/", "/owners/", "../"),
            ("/credits/owner/give", "/owner/give", "../"),
            ("/owner/give/", "/owner/give/", "../../"),
        ] {
            let mut request = Request::builder().uri(inner).body(Body::empty()).unwrap();
            request.extensions_mut().insert(OriginalUri(outer.parse().unwrap()));
            let located = located(request);
            assert_eq!(located.extensions().get::<Root>().unwrap().to(""), root, "{outer}");
        }
    }

    #[test]
    fn a_last_slash_changes_nothing_else() {
        let request = Request::builder().uri("/owner/?name=a%2Fb%2F").body(Body::empty()).unwrap();
        assert_eq!(located(request).uri(), "/owner?name=a%2Fb%2F");
        let root = Root("../".to_owned());
        assert_eq!(root.with("owner", &[("name", "a/b?c#d<e>%")]), "../owner?name=a%2Fb%3Fc%23d%3Ce%3E%25");
    }
}
