//! Forms of the dashboard: each write is made once, with a second look where credits leave or return, and refusals keep what
//! was typed.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_web::Access;
use serde_json::json;

use crate::demo::{Credits, Operation, studio};
use crate::mounting::{addresses, resolved};
use crate::site::{Answer, Site};

/// The dashboard of a ledger, nested, for a visitor who may write.
pub fn open(credits: &Credits) -> Site {
    let dashboard = credits_web::dashboard(credits).authorize(|_| Access::all("ada@example.com"));
    Site::of(Router::new().nest_service("/admin", dashboard))
}

/// A text as a value in an address.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02X}"))
}

/// The path of an owner's page.
pub fn owner_page(name: &str) -> String {
    format!("/admin/owner?name={}", encoded(name))
}

/// The hidden fields of the form that is sent to this action, as a browser reads them; the one about `number` if given.
pub fn hidden(page: &str, action: &str, number: &str) -> Vec<(String, String)> {
    let unescaped = |text: &str| {
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    };
    let forms = page
        .split("<form ")
        .skip(1)
        .filter(|form| form.split('>').next().unwrap().contains(&format!("owner/{action}\"")));
    let fields = forms.map(|form| {
        let inputs = form.split("</form>").next().unwrap().split("<input type=\"hidden\" ").skip(1);
        let fields = inputs.map(|input| {
            let value = |attribute: &str| {
                let (_, rest) = input.split_once(&format!("{attribute}=\"")).unwrap();
                unescaped(rest.split('"').next().unwrap())
            };
            (value("name"), value("value"))
        });
        fields.collect::<Vec<_>>()
    });
    let is_about = |fields: &Vec<(String, String)>| {
        number.is_empty() || fields.contains(&("number".to_owned(), number.to_owned()))
    };
    fields.into_iter().find(is_about).unwrap_or_else(|| panic!("no form {action} {number} on {page}"))
}

/// A form of a page, filled in.
pub struct Filled<'a> {
    pub site: &'a Site,
    pub action: &'a str,
    pub fields: Vec<(String, String)>,
}

impl<'a> Filled<'a> {
    pub fn on(site: &'a Site, path: &str, action: &'a str, number: &str, typed: &[(&str, &str)]) -> Self {
        let mut fields = hidden(site.get(path).page(200), action, number);
        fields.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self { site, action, fields }
    }

    pub fn send(&self) -> Answer {
        send(self.site, self.action, &self.fields)
    }

    /// Sends the form, and then that of the second look.
    fn write(&self) -> Answer {
        self.confirm(&self.send())
    }

    /// Sends the form of the second look.
    pub fn confirm(&self, look: &Answer) -> Answer {
        let fields = hidden(look.page(200), self.action, "");
        assert!(fields.iter().any(|(name, value)| name == "confirm" && !value.is_empty()), "{fields:?}");
        assert!(
            fields
                .iter()
                .any(|(name, value)| name == "key" && self.fields.contains(&(name.clone(), value.clone())))
        );
        send(self.site, self.action, &fields)
    }
}

fn send(site: &Site, action: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    site.form(&format!("/admin/owner/{action}"), &fields)
}

/// The page that a form leads to.
pub fn followed(site: &Site, answer: &Answer) -> String {
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
    let target = answer.header("location").strip_prefix("../").unwrap();
    site.get(&format!("/admin/{target}")).page(200).to_owned()
}

fn entries(credits: &Credits, owner: &str) -> usize {
    credits.wallet(owner).credit_history().limit(1_000).page().unwrap().entries.len()
}

#[test]
fn a_gift_is_booked_once_however_often_it_is_sent() {
    let (credits, _clock) = studio();
    let (site, ada) = (open(&credits), credits.wallet("user:ada"));
    let typed =
        [("amount", "1,137"), ("reason", "sorry <b>"), ("expires", "2026-12-13"), ("promotional", "yes")];
    let form = Filled::on(&site, &owner_page("user:ada"), "give", "", &typed);
    let (before, count) = (ada.credits().unwrap().get(), entries(&credits, "user:ada"));
    let look = form.send();
    for shown in
        ["1,825", "+1,137", "2,962", "They are promotional.", "They expire on 14 Dec 2026, 00:00 in UTC."]
    {
        assert!(look.page(200).contains(shown), "{shown}: {}", look.body);
    }
    assert_eq!(entries(&credits, "user:ada"), count);
    let first = form.confirm(&look);
    let page = followed(&site, &first);
    let entry = ada.credit_history().limit(1).page().unwrap().entries.remove(0);
    let notice = format!("Gave 1,137 credits: <a href=\"./entry?number={0}\">entry {0}</a>", entry.number);
    assert!(page.contains(&notice) && page.contains(r#"role="status""#), "{page}");
    assert_eq!((entry.amount.get(), entry.reason.as_deref()), (1_137, Some("sorry <b>")));
    assert_eq!(entry.metadata.value(), json!({ "by": "dashboard:ada@example.com" }));
    assert_eq!(entry.expires_at, Some("2026-12-14T00:00:00Z".parse().unwrap()));
    assert!(entry.key.as_ref().unwrap().as_str().starts_with("form:"));
    assert!(ada.open_grants().unwrap().iter().any(|grant| grant.id == entry.number && grant.is_promotional));

    for _ in 0..2 {
        assert_eq!(form.send().header("location"), first.header("location"));
    }
    assert_eq!((ada.credits().unwrap().get(), entries(&credits, "user:ada")), (before + 1_137, count + 1));
}

#[test]
fn a_double_click_books_one_gift() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let form = Filled::on(&site, &owner_page("user:ada"), "give", "", &[("amount", "7"), ("reason", "r")]);
    let (look, count) = (form.send(), entries(&credits, "user:ada"));
    let targets = std::thread::scope(|scope| {
        let clicks: Vec<_> =
            (0..8).map(|_| scope.spawn(|| form.confirm(&look).header("location").to_owned())).collect();
        clicks.into_iter().map(|click| click.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(targets.iter().all(|target| target.contains("done=") && *target == targets[0]), "{targets:?}");
    assert_eq!(entries(&credits, "user:ada"), count + 1);
}

#[test]
fn writes_that_take_or_return_credits_are_shown_before_they_are_made() {
    let (credits, _clock) = studio();
    let (site, ada) = (open(&credits), credits.wallet("user:ada"));
    let page = owner_page("user:ada");
    let video = ada.credit_history().operation("generate_video").limit(1).page().unwrap().entries[0].number;
    let (grant, hold) = (ada.open_grants().unwrap()[1].id, ada.open_holds().unwrap()[0].id);
    let video_page = format!("/admin/entry?number={video}");
    let why = ("reason", "ticket 7");
    for (path, action, number, typed, shown, notice) in [
        (
            &page,
            "take",
            String::new(),
            vec![("amount", "1 000"), why],
            ["1,825", "\u{2212}1,000", "825"],
            "Took 1,000 credits",
        ),
        (
            &page,
            "transfer",
            String::new(),
            vec![("amount", "25"), ("to", "user:ben"), why],
            ["825", "\u{2212}25", "800"],
            "Transferred 25 credits",
        ),
        (&page, "revoke", grant.to_string(), vec![why], ["800", "\u{2212}50", "750"], "Took 50 credits"),
        (&page, "release", hold.to_string(), vec![], ["750", "+25", "775"], "is not open any more"),
        (
            &video_page,
            "reverse",
            video.to_string(),
            vec![("amount", "60"), why],
            ["775", "+60", "835"],
            "Gave back 60 credits",
        ),
        (&video_page, "reverse", video.to_string(), vec![why], ["835", "+40", "875"], "Gave back 40 credits"),
    ] {
        let form = Filled::on(&site, path, action, &number, &typed);
        let before = (ada.credits().unwrap(), entries(&credits, "user:ada"));
        let look = form.send();
        for figure in shown {
            assert!(
                look.page(200).contains(&format!(">{figure}<")),
                "{action}: {figure} is missing: {}",
                look.body
            );
        }
        assert_eq!(
            (ada.credits().unwrap(), entries(&credits, "user:ada")),
            before,
            "{action} wrote at the first look"
        );
        let done = form.confirm(&look);
        let page = followed(&site, &done);
        assert!(page.contains(notice), "{action}: {page}");
        let after = (ada.credits().unwrap(), entries(&credits, "user:ada"));
        assert_ne!(after.0, before.0, "{action}");
        // Confirmed again, and the first form again: both lead to what was done.
        for again in [form.confirm(&look), form.send()] {
            assert_eq!(again.header("location"), done.header("location"), "{action}: {}", again.body);
        }
        assert_eq!((ada.credits().unwrap(), entries(&credits, "user:ada")), after, "{action} wrote twice");
        if action != "release" {
            let entry = ada.credit_history().limit(1).page().unwrap().entries.remove(0);
            assert_eq!(entry.metadata.value()["by"], "dashboard:ada@example.com", "{action}");
            assert!(entry.key.unwrap().as_str().starts_with("form:"), "{action}");
        }
    }
    assert_eq!(ada.open_holds().unwrap(), []);
}

/// The free part of a grant, and what is left of a charge, may change between the second look and its confirmation.
#[test]
fn a_change_that_was_not_shown_is_shown_first() {
    let (credits, _clock) = studio();
    let (site, ada) = (open(&credits), credits.wallet("user:ada"));
    let video = ada.credit_history().operation("generate_video").limit(1).page().unwrap().entries[0].number;
    let grant = ada.open_grants().unwrap()[0].clone();
    let (why, page) = (("reason", "ticket 7"), owner_page("user:ada"));
    let video_page = format!("/admin/entry?number={video}");
    let revoke = Filled::on(&site, &page, "revoke", &grant.id.to_string(), &[why]);
    let reverse = Filled::on(&site, &video_page, "reverse", &video.to_string(), &[why]);
    let (of_grant, of_charge) = (revoke.send(), reverse.send());
    ada.spend_credits_on(Operation::upscale_image()).now().wait().unwrap();
    ada.deduct_credits(5, "in between").now().wait().unwrap();
    ada.reverse_charge(video).amount(30).now().wait().unwrap();
    let before = (ada.credits().unwrap(), entries(&credits, "user:ada"));
    for (form, look) in [(&revoke, &of_grant), (&reverse, &of_charge)] {
        let again = form.confirm(look);
        assert!(again.page(200).contains("Nothing was written"), "{}", again.body);
        assert_eq!((ada.credits().unwrap(), entries(&credits, "user:ada")), before);
    }
    // A confirmation of nothing that was shown.
    let typed = [("amount", "1"), why, ("confirm", "yes")];
    let take = Filled::on(&site, &page, "take", "", &typed).send();
    assert!(take.page(200).contains("before and after"), "{}", take.body);
    assert_eq!(ada.credits().unwrap(), before.0);
    let again = reverse.confirm(&of_charge);
    followed(&site, &reverse.confirm(&again));
    assert_eq!(entries(&credits, "user:ada"), before.1 + 1);
}

#[test]
fn the_second_look_names_grants_and_new_receivers() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let grants = credits.wallet("user:ada").open_grants().unwrap();
    let typed = [("amount", "1,800"), ("reason", "moved")];
    let look = Filled::on(&site, &owner_page("user:ada"), "take", "", &typed).send();
    for (grant, amount) in [(&grants[0], "1,775"), (&grants[1], "25")] {
        assert!(
            look.page(200).contains(&format!("Entry {}</a></th><td class=\"figure\">{amount}<", grant.id)),
            "{}",
            look.body
        );
    }
    let typed = [("amount", "5"), ("to", "user:adda"), ("reason", "moved")];
    let look = Filled::on(&site, &owner_page("user:ada"), "transfer", "", &typed).send();
    assert!(look.page(200).contains("The receiver never had credits: check the name."), "{}", look.body);
}

#[test]
fn what_is_missing_becomes_debt_if_that_is_asked_for() {
    let (credits, _clock) = studio();
    let (site, ben) = (open(&credits), credits.wallet("user:ben"));
    let typed = [("amount", "100"), ("reason", "fraud"), ("debt", "yes")];
    let form = Filled::on(&site, &owner_page("user:ben"), "take", "", &typed);
    let look = form.send();
    assert!(look.page(200).contains("The part that is missing becomes debt."), "{}", look.body);
    followed(&site, &form.confirm(&look));
    assert_eq!((ben.credits().unwrap().get(), ben.debt().unwrap().get()), (-45, 45));
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let totals = credits.totals().unwrap();
    let long = "x".repeat(1_001);
    for (action, typed, status, message) in [
        ("give", vec![("amount", "1,5"), ("reason", "r")], 422, "`amount` is `1,5`: give a whole number"),
        ("give", vec![("amount", "-5"), ("reason", "r")], 422, "`amount` is `-5`"),
        ("give", vec![("amount", "0"), ("reason", "r")], 422, "`amount` is `0`"),
        ("give", vec![("amount", "9223372036854775808"), ("reason", "r")], 422, "9,223,372,036,854,775,807"),
        ("give", vec![("amount", "9223372036854775807"), ("reason", "r")], 422, "64 bits"),
        ("give", vec![("amount", "<b>5"), ("reason", "r")], 422, "`amount` is `&lt;b&gt;5`"),
        ("give", vec![("amount", ""), ("reason", "r")], 422, "`amount` is ``"),
        ("give", vec![("amount", "5"), ("reason", " ")], 422, "`reason` is ``: say why"),
        ("give", vec![("amount", "5"), ("reason", &long)], 422, "over the limit of 1000"),
        (
            "give",
            vec![("amount", "5"), ("reason", "r"), ("expires", "13.12.2026")],
            422,
            "`expires` is `13.12.2026`",
        ),
        (
            "give",
            vec![("amount", "5"), ("reason", "r"), ("expires", "2026-11-01")],
            422,
            "choose a later one",
        ),
        (
            "take",
            vec![("amount", "9,999"), ("reason", "r")],
            402,
            "9,999 credits needed, 1,825 credits available",
        ),
        ("take", vec![("amount", "5"), ("reason", "")], 422, "`reason` is ``"),
        (
            "transfer",
            vec![("amount", "9,999"), ("reason", "r"), ("to", "user:ben")],
            402,
            "9,999 credits needed",
        ),
        (
            "transfer",
            vec![("amount", "1,800"), ("reason", "r"), ("to", "user:ben")],
            402,
            "tick the box about promotional",
        ),
        ("transfer", vec![("amount", "5"), ("reason", "r"), ("to", "user:ada")], 422, "name another owner"),
        (
            "transfer",
            vec![("amount", "5"), ("reason", "r"), ("to", "a\nb")],
            422,
            "name owners with 1 to 255 bytes",
        ),
        (
            "transfer",
            vec![("amount", "5"), ("reason", "r"), ("to", "")],
            422,
            "name owners with 1 to 255 bytes",
        ),
    ] {
        let form = Filled::on(&site, &owner_page("user:ada"), action, "", &typed);
        for answer in [form.send(), form.send()] {
            let page = answer.page(status);
            assert!(page.contains(message), "{action} {typed:?}: {page}");
            assert!(
                page.contains(r#"role="alert""#) && page.contains(r#"aria-describedby="refusal""#),
                "{page}"
            );
            for (name, value) in &typed {
                let kept = value.replace('<', "&lt;").replace('>', "&gt;");
                assert!(
                    page.contains(&format!("name=\"{name}\" value=\"{kept}\"")),
                    "{name} is lost: {page}"
                );
            }
            let key = form.fields.iter().find(|(name, _)| name == "key").unwrap();
            assert!(hidden(page, action, "").contains(key), "the key is not used up: {page}");
        }
    }
    assert_eq!(credits.totals().unwrap(), totals);
}

#[test]
fn things_that_are_gone_or_of_others_are_refused() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let ben =
        credits.wallet("user:ben").credit_history().category("operation_charge").limit(1).page().unwrap();
    let (of_ben, key) = (ben.entries[0].number.to_string(), "form:00112233445566778899aabbccddeeff");
    let gift = credits.wallet("user:ada").open_grants().unwrap()[1].id.to_string();
    for (action, number, key, status) in [
        ("reverse", of_ben.as_str(), key, 404),
        ("reverse", "999999", key, 404),
        ("reverse", "<b>", key, 404),
        ("reverse", &gift, key, 422),
        ("revoke", "999999", key, 409),
        ("revoke", "", key, 404),
        ("release", "999999", key, 404),
        ("release", "1", "job-1", 422),
        ("give", "", "", 422),
        ("give", "", "form:00112233445566778899AABBCCDDEEFF", 422),
    ] {
        let fields =
            [("name", "user:ada"), ("number", number), ("key", key), ("reason", "r"), ("amount", "1")];
        let answer = site.form(&format!("/admin/owner/{action}"), &fields);
        assert!(answer.page(status).contains(r#"role="alert""#), "{action} {number}: {}", answer.body);
    }
    let nothing = site.form("/admin/owner/nothing", &[]);
    assert!(nothing.page(404).contains("there is no such form"), "{}", nothing.body);
    assert_eq!(site.form("/admin/owner/give", &[]).status.as_u16(), 422);
    assert_eq!(site.get("/admin/owner/give").header("location").split('?').next(), Some("../owners"));
}

#[test]
fn a_form_that_is_changed_and_sent_again_writes_nothing() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let mut form =
        Filled::on(&site, &owner_page("user:ada"), "give", "", &[("reason", "r"), ("amount", "5")]);
    followed(&site, &form.write());
    let made = credits.wallet("user:ada").credit_history().limit(1).page().unwrap().entries[0].number;
    form.fields.last_mut().unwrap().1 = "50".to_owned();
    let again = form.send();
    assert!(
        again.page(422).contains(&format!("it made <a href=\"../entry?number={made}\">entry {made}</a>")),
        "{}",
        again.body
    );
    // The page has a new key, so that it can be sent on purpose.
    let mut fields = hidden(&again.body, "give", "");
    assert!(!fields.iter().any(|field| form.fields[2] == *field), "{fields:?}");
    fields.extend([("reason".to_owned(), "r".to_owned()), ("amount".to_owned(), "50".to_owned())]);
    let again = Filled { fields, ..form };
    assert!(followed(&site, &again.write()).contains("Gave 50 credits"));
}

#[test]
fn forms_of_other_sites_and_of_readers_are_refused() {
    let (credits, _clock) = studio();
    let fields = "name=user:ada&key=form:00112233445566778899aabbccddeeff&amount=5&reason=r&confirm=yes&number=1&to=user:ben";
    let count = entries(&credits, "user:ada");
    let reader = credits_web::dashboard(&credits).authorize(|_| Access::read("ben"));
    let reader = Site::of(Router::new().nest_service("/admin", reader));
    let writer = open(&credits);
    for action in ["give", "take", "transfer", "revoke", "release", "reverse"] {
        for (site, origin, code) in [
            (&writer, "cross-site", "cross_site"),
            (&writer, "same-site", "cross_site"),
            (&reader, "same-origin", "read_only"),
        ] {
            let request = Request::post(format!("/admin/owner/{action}"))
                .header("content-type", "application/x-www-form-urlencoded")
                .header("sec-fetch-site", origin);
            let answer = site.send(request.body(Body::from(fields)).unwrap());
            assert!(answer.page(403).contains(code), "{action}: {}", answer.body);
        }
    }
    assert_eq!(entries(&credits, "user:ada"), count);
    let video =
        credits.wallet("user:ada").credit_history().operation("generate_video").limit(1).page().unwrap();
    for path in [owner_page("user:ada"), format!("/admin/entry?number={}", video.entries[0].number)] {
        let page = reader.get(&path);
        assert!(!page.page(200).contains(r#"method="post""#), "{}", page.body);
        assert!(writer.get(&path).page(200).contains(r#"method="post""#));
    }
}

#[test]
fn gems_are_given_and_taken_as_credits_are() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let page = format!("{}&asset=gem", owner_page("user:ben"));
    let form = Filled::on(&site, &page, "give", "", &[("amount", "3"), ("reason", "prize")]);
    assert!(followed(&site, &form.write()).contains("Gave 3 gems"));
    let form = Filled::on(&site, &page, "take", "", &[("amount", "1"), ("reason", "too many")]);
    let look = form.send();
    assert!(followed(&site, &form.confirm(&look)).contains("Took 1 gem:"));
    assert_eq!(credits.wallet("user:ben").of_asset_named("gem").credits().unwrap().get(), 2);
}

#[test]
fn forms_and_links_work_at_every_path() {
    let (credits, _clock) = studio();
    let video =
        credits.wallet("user:ada").credit_history().operation("generate_video").limit(1).page().unwrap();
    let entry = format!("/entry?number={}", video.entries[0].number);
    let key = ("key", "form:00112233445566778899aabbccddeeff");
    let dashboard = credits_web::dashboard(&credits).authorize(|_| Access::all("ada"));
    for base in ["", "/a/b%20c"] {
        let routes = Router::new();
        let site = Site::of(match base {
            "" => routes.fallback_service(dashboard.clone()),
            base => routes.nest_service(base, dashboard.clone()),
        });
        let look = [("name", "user:ada"), ("amount", "5"), ("reason", "r"), key];
        for (path, answer) in [
            ("/owners".to_owned(), site.get(&format!("{base}/owners"))),
            ("/owners/".to_owned(), site.get(&format!("{base}/owners/"))),
            ("/owner".to_owned(), site.get(&format!("{base}/owner?name=user:ada"))),
            ("/entry".to_owned(), site.get(&format!("{base}{entry}"))),
            ("/owner/take".to_owned(), site.form(&format!("{base}/owner/take"), &look)),
            ("/owner/give".to_owned(), site.form(&format!("{base}/owner/give"), &look[..1])),
        ] {
            for address in addresses(&answer.body).iter().filter(|address| !address.starts_with('#')) {
                let target = resolved(&format!("{base}{path}"), address);
                let page = target.strip_prefix(base).unwrap();
                // Forms that read add their query. The pages of the navigation have tests of their own.
                if page != "/owner" && ["/owner", "/entry"].iter().any(|own| page.starts_with(own)) {
                    let status = site.get(&target).status.as_u16();
                    assert!(matches!(status, 200 | 303), "{path}: {address} leads to {target}, {status}");
                }
            }
        }
    }
}

/// The process ends after the second look was shown, and again after the write, before its reply.
#[test]
fn a_confirmed_form_is_written_once_over_two_crashes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let credits = Credits::open(path("shown.redb")).unwrap();
    credits.wallet("ada").give_credits(50).now().wait().unwrap();
    let site = open(&credits);
    let form = Filled::on(&site, &owner_page("ada"), "take", "", &[("amount", "20"), ("reason", "r")]);
    let look = form.send();
    let fields = form.fields;

    // A process that is killed does not close its ledger.
    let (mut running, mut targets) = (vec![credits], Vec::new());
    for (killed, next) in [("shown.redb", "written.redb"), ("written.redb", "again.redb")] {
        // A copy of the files is what the killed process leaves.
        for suffix in ["", "-log"] {
            std::fs::copy(path(&format!("{killed}{suffix}")), path(&format!("{next}{suffix}"))).unwrap();
        }
        let credits = Credits::open(path(next)).unwrap();
        let site = open(&credits);
        let confirmed = Filled { site: &site, action: "take", fields: fields.clone() }.confirm(&look);
        followed(&site, &confirmed);
        targets.push(confirmed.header("location").to_owned());
        assert_eq!((credits.wallet("ada").credits().unwrap().get(), entries(&credits, "ada")), (30, 2));
        credits.verify().unwrap();
        running.push(credits);
    }
    assert_eq!(targets[0], targets[1]);
}
