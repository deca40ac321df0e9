//! Pages of other origins call the API only if the application lists them.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_web::{OwnerSecret, Tokens};

use crate::demo::Credits;
use crate::site::{Answer, Site};

const APP: &str = "https://app.example.com";

fn site(credits: &Credits, secret: &OwnerSecret, origins: &[&str]) -> Site {
    let api = credits_web::api(credits).tokens(Tokens::in_memory()).owner_secret(secret.clone());
    Site::of(Router::new().nest_service("/api", api.origins(origins.iter().copied())))
}

fn preflight(site: &Site, path: &str, origin: &str) -> Answer {
    let request = Request::options(path).header("origin", origin);
    let request = request.header("access-control-request-method", "GET");
    site.send(request.header("access-control-request-headers", "authorization").body(Body::empty()).unwrap())
}

#[test]
fn a_page_of_a_listed_origin_reads_its_owner() {
    let credits = Credits::in_memory().unwrap();
    let secret = OwnerSecret::new([7; 32]).unwrap();
    let site = site(&credits, &secret, &["https://App.example.com/"]);
    for path in ["/api/me", "/api/me/entries", "/api/wallets/user%3A1", "/api/catalogue"] {
        // Before any token is asked for.
        let told = preflight(&site, path, APP);
        assert_eq!((told.status.as_u16(), told.header("access-control-allow-origin")), (204, APP), "{path}");
        assert_eq!(
            told.header("access-control-allow-headers"),
            "authorization, content-type, idempotency-key"
        );
        assert_eq!(told.header("access-control-allow-credentials"), "");
        assert!(told.header("vary").contains("origin"));
    }
    let token = secret.token("user:1", credits.now().after(Duration::from_mins(1))).unwrap();
    let get = |token: &str| {
        let request = Request::get("/api/me").header("origin", APP);
        site.send(request.header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap())
    };
    let wallet = get(&token);
    assert_eq!(
        (wallet.value(200)["owner"].as_str(), wallet.header("access-control-allow-origin")),
        (Some("user:1"), APP)
    );
    // The page can read why it was refused.
    let refused = get("uo_0_0");
    refused.problem(401, "token_invalid");
    assert_eq!(refused.header("access-control-allow-origin"), APP);
}

#[test]
fn other_origins_stay_closed() {
    let credits = Credits::in_memory().unwrap();
    let secret = OwnerSecret::new([7; 32]).unwrap();
    let open = site(&credits, &secret, &[APP]);
    for (path, origin) in [
        ("/api/me", "https://evil.example"),
        ("/api/me", "https://app.example.com.evil.example"),
        ("/api/me", "http://app.example.com"),
        ("/api/me", "null"),
    ] {
        let told = preflight(&open, path, origin);
        assert_eq!(told.header("access-control-allow-origin"), "", "{path} {origin}");
    }
    let closed = site(&credits, &secret, &[]);
    assert_eq!(preflight(&closed, "/api/me", APP).header("access-control-allow-origin"), "");
}
