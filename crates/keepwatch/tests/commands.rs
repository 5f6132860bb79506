//! What people and their scripts rely on at the command line: outputs, exit codes, and sentences that say what to type.

mod stage;

use stage::{Stage, json, member, run, text};

/// All that others rely on in the answer of `person add`.
const PERSON_MEMBERS: [&str; 9] = [
    "person",
    "family",
    "name",
    "owner_invitation_url",
    "publish.nightscout_api_secret",
    "publish.nightscout_url",
    "publish.share_username",
    "publish.share_password",
    "publish.token",
];
const FOLLOWER_MEMBERS: [&str; 10] = [
    "follow",
    "account",
    "name",
    "person",
    "invitation_url",
    "read.nightscout_token",
    "read.nightscout_url",
    "read.share_username",
    "read.share_password",
    "read.token",
];

#[test]
fn people_and_followers_are_added_without_a_server_and_through_one() {
    let stage = Stage::new();
    let ada = stage.json(&["person", "add", "Ada", "--time-zone", "Europe/Berlin", "--unit", "mmol/L"]);
    PERSON_MEMBERS.iter().for_each(|path| assert!(!member(&ada, path).is_empty(), "{path}"));
    assert_eq!(member(&ada, "publish.nightscout_url"), "http://127.0.0.1:1980");

    let server = stage.serve();
    let ben = stage.json(&["person", "add", "Ben", "--family", member(&ada, "family")]);
    assert_eq!(ben["family"], ada["family"]);
    assert_eq!(member(&ben, "publish.nightscout_url"), server.url);
    let follower = stage.json(&["follower", "add", "Grandma", "--person", "Ada"]);
    FOLLOWER_MEMBERS.iter().for_each(|path| assert!(!member(&follower, path).is_empty(), "{path}"));
    assert!(member(&follower, "invitation_url").starts_with(&format!("{}/i/", server.url)));
    let again = stage.json(&["follower", "add", "--account", "Grandma", "--person", "Ben"]);
    assert_eq!(again["account"], follower["account"]);
    assert_eq!(stage.json(&["person", "list"])["people"].as_array().map(Vec::len), Some(2));
    let of_ben = stage.json(&["follower", "list", "--person", "Ben"]);
    let names: Vec<&str> = of_ben["followers"].as_array().into_iter().flatten().map(|f| member(f, "name")).collect();
    assert!(names.contains(&"Grandma"), "{names:?}");
    drop(server);

    // The server is gone and its socket lies there still: the same is done under the directory's lock.
    stage.json(&["follower", "remove", member(&again, "follow")]);
    stage.json(&["person", "remove", "Ben"]);
    assert_eq!(stage.json(&["person", "list"])["people"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_follower_who_is_removed_is_out_at_once() {
    let stage = Stage::new();
    let server = stage.serve();
    stage.json(&["person", "add", "Ada"]);
    let follower = stage.json(&["follower", "add", "Grandma", "--person", "Ada"]);
    let token = member(&follower, "read.token");
    assert_eq!(server.get("/api/people", token).status, 200);
    stage.json(&["follower", "remove", "grandma"]);
    assert_eq!(server.get("/api/people", token).status, 401);
}

#[test]
fn the_public_url_of_the_last_serve_is_in_later_links() {
    let stage = Stage::new();
    stage.serve_with(&["--public-url", "https://watch.example.org/"]).terminate();
    let ada = stage.json(&["person", "add", "Ada"]);
    assert!(member(&ada, "owner_invitation_url").starts_with("https://watch.example.org/i/"));
}

#[test]
fn a_name_must_be_known_and_unique_and_the_error_says_what_to_type() {
    let stage = Stage::new();
    let refused = |args: &[&str]| {
        let output = stage.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(output.stdout.is_empty());
        text(&output.stderr)
    };
    assert!(refused(&["person", "list"]).contains("there is no such directory"));
    std::fs::create_dir(stage.data()).expect("a directory");
    assert!(refused(&["person", "remove", "Ada"]).contains("there is none on this server yet"));
    let first = stage.json(&["person", "add", "Ada"]);
    let second = stage.json(&["person", "add", "Ada"]);
    let unclear = refused(&["follower", "add", "Grandma", "--person", "Ada"]);
    assert!(unclear.contains("2 are called Ada"), "{unclear}");
    for person in [&first, &second] {
        assert!(unclear.contains(member(person, "person")), "{unclear}");
    }
    assert!(refused(&["person", "remove", "Bea"]).contains("Type one of these"));
    assert!(refused(&["follower", "remove", "f_000000000000"]).contains("there is none of this id"));
    assert!(refused(&["person", "add", " "]).contains("could not use this name"));
}

#[test]
fn an_unknown_zone_is_refused_at_the_door() {
    let stage = Stage::new();
    let output = stage.run(&["person", "add", "Ada", "--time-zone", "Europe/Atlantis"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("Europe/Berlin"));
    assert_eq!(stage.json(&["person", "list"])["people"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_a_person_types_into_which_app_is_printed_with_a_code_to_photograph() {
    let stage = Stage::new();
    let person = text(&stage.run(&["person", "add", "Ada"]).stdout);
    for word in ["API secret", "password", "token", "72 hours"] {
        assert!(person.contains(word), "{word} is missing in {person}");
    }
    let follower = text(&stage.run(&["follower", "add", "Grandma", "--person", "Ada"]).stdout);
    assert!(follower.contains("/i/") && follower.contains("█▄▄▄█"), "{follower}");
}

#[test]
fn settings_are_shown_with_where_they_came_from_and_typing_errors_are_refused() {
    let stage = Stage::new();
    std::fs::create_dir(stage.data()).expect("a directory");
    let file = stage.data().join("keepwatch.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:2020\"\n").expect("settings");
    let settings = stage.json(&["config"]);
    let listen = settings["settings"].as_array().into_iter().flatten().find(|setting| setting["key"] == "listen");
    assert_eq!(listen.map(|listen| listen["value"][0].clone()), Some("127.0.0.1:2020".into()));
    assert_eq!(listen.map(|listen| listen["from"].clone()), Some(file.display().to_string().into()));
    std::fs::write(&file, "listne = \"x\"\n").expect("settings");
    let output = stage.run(&["config"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean listen?"), "{}", text(&output.stderr));
    let home = stage.home();
    let output =
        stage::command(home).args(["config", "--json"]).env("KEEPWATCH_LISTEN", "127.0.0.1:7").output().expect("runs");
    assert!(text(&output.stdout).contains("KEEPWATCH_LISTEN"));
}

#[test]
fn a_command_without_its_directory_says_how_to_name_it() {
    let stage = Stage::new();
    for args in [&["serve"][..], &["person", "list"], &["doctor"]] {
        let output = run(stage.home(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains("--data"), "{args:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn every_help_has_an_example() {
    let stage = Stage::new();
    let commands = [
        "serve",
        "demo",
        "person add",
        "person list",
        "person remove",
        "follower add",
        "follower list",
        "follower remove",
        "simulate",
        "follow",
        "doctor",
        "config",
    ];
    for command in commands {
        let args: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let output = run(stage.home(), &args);
        assert!(output.status.success(), "{command}");
        assert!(text(&output.stdout).contains("keepwatch "), "{command}");
        assert!(text(&output.stdout).contains("Example"), "{command}");
    }
}

#[test]
fn the_doctor_tells_faults_from_health() {
    let stage = Stage::new();
    assert_eq!(stage.run(&["doctor"]).status.code(), Some(1), "there is no directory");
    stage.json(&["person", "add", "Ada"]);
    let server = stage.serve();
    let healthy = stage.json(&["doctor"]);
    assert_eq!(healthy["faults"], 0, "{healthy}");
    assert!(healthy.to_string().contains("nothing was ever in touch for Ada"), "{healthy}");
    std::fs::set_permissions(stage.data().join("keepwatch.key"), std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .expect("set");
    drop(server);
    let output = stage.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let says = text(&output.stdout);
    assert!(says.contains("chmod 600") && says.contains("does not answer"), "{says}");
}

#[test]
fn a_simulated_person_is_played_through_every_door() {
    let stage = Stage::new();
    let server = stage.serve();
    let ada = stage.json(&["person", "add", "Ada"]);
    let secrets = stage.home().join("ada.json");
    std::fs::write(&secrets, ada.to_string()).expect("a file");
    let secrets = secrets.display().to_string();
    let csv = stage.home().join("day.csv");
    let lines: String = (0..24).fold(String::new(), |lines, n| {
        format!("{lines}one,2026-01-01T{:02}:{:02}:00,{}\n", n / 12, n % 12 * 5, 100 + n)
    });
    std::fs::write(&csv, format!("subject,time,glucose_mgdl\n{lines}")).expect("a file");
    let csv = csv.display().to_string();
    for dialect in ["share", "nightscout", "native"] {
        let args = [
            "simulate",
            "--to",
            &server.url,
            "--as",
            dialect,
            "--secret-file",
            &secrets,
            "--replay",
            &csv,
            "--speed",
            "3600",
        ];
        let output = run(stage.home(), &args);
        assert!(output.status.success(), "{dialect}: {}", text(&output.stderr));
        let delivered = text(&output.stdout);
        assert!(delivered.starts_with("24 readings delivered, 0 kept back"), "{dialect}: {delivered}");
    }
    let everything = json(stage.home(), &["doctor", "--data", &stage.data_text(), "--json"]);
    assert_eq!(everything.to_string().matches("newest reading 0 min ago").count(), 3, "{everything}");
    let wrong = ada.to_string().replace(member(&ada, "publish.token"), "wrong");
    std::fs::write(stage.home().join("ada.json"), wrong).expect("a file");
    let output = run(stage.home(), &["simulate", "--to", &server.url, "--as", "native", "--secret-file", &secrets]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
}
