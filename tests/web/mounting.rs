//! Pages work at any path: every link leads back into the pages, with and without a last slash.

use axum::Router;
use credits_web::Access;

use crate::demo::Credits;
use crate::site::Site;

/// The addresses of links, forms and stylesheets of a page.
pub fn addresses(page: &str) -> Vec<String> {
    let attributes = ["href=\"", "action=\""];
    let found = attributes.iter().flat_map(|attribute| page.split(attribute).skip(1));
    found.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&")).collect()
}

/// An address as seen from a page, resolved as a browser does.
pub fn resolved(page: &str, address: &str) -> String {
    let mut path: Vec<&str> = page.split('?').next().unwrap().split('/').collect();
    path.pop();
    let (relative, query) = address.split_once('?').unwrap_or((address, ""));
    for part in relative.split('/') {
        match part {
            ".." => drop(path.pop()),
            "." => {}
            part => path.push(part),
        }
    }
    let path = path.join("/");
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

#[test]
fn links_work_at_every_path() {
    let credits = Credits::in_memory().unwrap();
    credits.wallet("user:1").give_credits(5).now().wait().unwrap();
    let dashboard = credits_web::dashboard(&credits).authorize(|_| Access::all("ada"));
    for base in ["", "/credits", "/a/b%20c"] {
        let routes = Router::new();
        let routes = match base {
            "" => routes.fallback_service(dashboard.clone()),
            base => routes.nest_service(base, dashboard.clone()),
        };
        let site = Site::of(routes);
        for page in ["", "/", "/entries", "/entries/"] {
            let page = format!("{base}{page}");
            if page.is_empty() {
                continue;
            }
            let found = site.get(&page);
            let addresses = addresses(found.page(200));
            assert!(addresses.len() > 5, "{addresses:?}");
            for address in addresses.iter().filter(|address| !address.starts_with('#')) {
                assert!(address.starts_with('.') || !address.starts_with('/'), "{address} is not relative");
                let target = resolved(&page, address);
                assert!(target.starts_with(&format!("{base}/")), "{page}: {address} leads to {target}");
                let status = site.get(&target).status.as_u16();
                assert_eq!(status, 200, "{page}: {address} leads to {target}");
            }
        }
    }
}

#[test]
fn the_overview_shows_the_studio() {
    let (credits, _clock) = crate::demo::studio();
    let dashboard = credits_web::dashboard(&credits).authorize(|_| Access::all("ada"));
    let site = Site::of(Router::new().fallback_service(dashboard));
    for page in ["/", "/?days=365", "/?days=7&asset=gem"] {
        let overview = site.get(page);
        let shown = overview.page(200);
        assert!(shown.contains("<svg") && shown.contains("The same as a table"), "{page}");
    }
    std::fs::write(std::env::temp_dir().join("overview.html"), &site.get("/").body).unwrap();
    assert_eq!(site.get("/?days=0").status.as_u16(), 422);
    assert_eq!(site.get("/?days=x").status.as_u16(), 400);
    assert_eq!(site.get("/?asset=coins").status.as_u16(), 422);
}
