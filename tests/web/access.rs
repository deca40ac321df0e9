//! Who gets in: nobody until the application says so, and then as it says.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_web::{Access, Scope, Tokens};
use serde_json::{Value, json};

use crate::demo::Credits;
use crate::site::Site;

#[test]
fn a_dashboard_is_closed_until_it_is_configured() {
    let credits = Credits::in_memory().unwrap();
    let site = Site::of(Router::new().nest_service("/admin", credits_web::dashboard(&credits)));
    for path in ["/admin", "/admin/", "/admin/owners", "/admin/nothing"] {
        let problem = site.get(path).problem(401, "closed");
        assert!(problem["detail"].as_str().unwrap().contains(".authorize("), "{problem}");
    }
}

#[test]
fn the_application_decides_who_sees_the_dashboard() {
    let credits = Credits::in_memory().unwrap();
    let dashboard = credits_web::dashboard(&credits).authorize(|request| {
        match request.headers.get("x-user").and_then(|user| user.to_str().ok()) {
            Some("ada") => Access::all("ada@example.com"),
            Some("ben") => Access::read("ben <b>"),
            Some(_) => Access::denied(),
            None => Access::login("/login?next=credits"),
        }
    });
    let site = Site::of(Router::new().nest_service("/admin", dashboard));
    let get =
        |user: &str| site.send(Request::get("/admin/").header("x-user", user).body(Body::empty()).unwrap());
    assert!(get("ada").page(200).contains("ada@example.com"));
    assert!(get("ben").page(200).contains("ben &lt;b&gt;"));
    get("eve").problem(403, "denied");
    let sent = site.get("/admin/");
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/login?next=credits"));
}

#[test]
fn every_page_forbids_scripts_and_frames() {
    let credits = Credits::in_memory().unwrap();
    let dashboard = credits_web::dashboard(&credits).authorize(|_| Access::read("ada"));
    let site = Site::of(Router::new().nest_service("/admin", dashboard));
    for path in ["/admin/", "/admin/entries", "/admin/nothing"] {
        let page = site.get(path);
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert!(!page.body.contains("<script") && !page.body.contains(" style="), "{}", page.body);
    }
}

#[test]
fn a_token_opens_what_its_scopes_name() {
    let credits = Credits::in_memory().unwrap();
    let closed = Site::of(Router::new().nest_service("/api", credits_web::api(&credits)));
    closed.get("/api/wallets").problem(401, "closed");
    assert_eq!(closed.get("/api/health/live").status.as_u16(), 204);

    let tokens = Tokens::in_memory();
    let [read, app, admin] =
        [Scope::Read, Scope::App, Scope::Admin].map(|scope| tokens.create("t", &[scope]).unwrap());
    let site =
        Site::of(Router::new().nest_service("/api", credits_web::api(&credits).tokens(tokens.clone())));
    site.get("/api/wallets").problem(401, "token_missing");
    site.call("GET", "/api/wallets", "uc_00000000_0", None, &Value::Null).problem(401, "token_invalid");
    for (token, status) in [(&read, 200), (&app, 403), (&admin, 200)] {
        let found = site.call("GET", "/api/wallets", token, None, &Value::Null);
        assert_eq!(found.status.as_u16(), status, "{}", found.body);
    }
    let draft = json!({ "operation": "generate_image", "quality": "draft" });
    for (token, status) in [(&read, 403), (&app, 402), (&admin, 402)] {
        let found = site.call("POST", "/api/wallets/ada/spend", token, None, &draft);
        assert_eq!(found.status.as_u16(), status, "{}", found.body);
    }
    tokens.revoke(&tokens.list().unwrap()[0].id).unwrap();
    site.call("GET", "/api/wallets", &read, None, &Value::Null).problem(401, "token_invalid");
}
