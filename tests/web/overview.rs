//! The overview: its figures are those of the wallets.

use credits_web::Access;

use crate::demo::studio;
use crate::site::Site;

/// The figure of a tile.
fn tile(page: &str, name: &str) -> String {
    let (_, tile) = page.split_once(&format!("<p class=\"label\">{name}</p><p class=\"value\">")).unwrap();
    tile.split('<').next().unwrap().replace(',', "").replace('\u{2212}', "-")
}

#[test]
fn what_is_outstanding_is_what_wallets_have() {
    let (credits, _clock) = studio();
    let totals = credits.totals().unwrap();
    assert!(totals.iter().any(|total| total.is_covered && total.amount != 0), "a plan covered charges");
    let dashboard = credits_web::dashboard(&credits).authorize(|_| Access::read("ada"));
    let site = Site::of(axum::Router::new().nest_service("/admin", dashboard));
    let owners = credits.owners().page().unwrap().owners;
    for (asset, path) in [("credits", "/admin"), ("gem", "/admin?asset=gem")] {
        let balance = |owner: &credits_runtime::Owner| {
            credits.wallet(owner).of_asset_named(asset).balance().unwrap().get()
        };
        let balances: i64 = owners.iter().map(balance).sum();
        assert_eq!(tile(site.get(path).page(200), "Outstanding"), balances.to_string(), "{asset}");
    }
}
