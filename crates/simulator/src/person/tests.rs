//! The body against trajectories that simglucose computed (MIT; every tenth minute of a day, `testdata/README.md`).

use super::*;

/// What simglucose's trajectories ask of an implementation (mg/dL).
const ALLOWED_MG_DL: f64 = 0.05;

const INPUTS: &str = include_str!("../../testdata/inputs.csv");
const TRAJECTORIES: [(Body, &str, &str); 5] = [
    (Body::Adult1, "adult_001", include_str!("../../testdata/adult_001.csv")),
    (Body::Adult4, "adult_004", include_str!("../../testdata/adult_004.csv")),
    (Body::Adult9, "adult_009", include_str!("../../testdata/adult_009.csv")),
    (Body::Adolescent3, "adolescent_003", include_str!("../../testdata/adolescent_003.csv")),
    (Body::Child7, "child_007", include_str!("../../testdata/child_007.csv")),
];

struct Input {
    kind: &'static str,
    from: i64,
    until: i64,
    value: f64,
}

fn inputs(name: &str) -> Vec<Input> {
    let of_person = |line: &'static str| {
        let mut fields = line.strip_prefix(name)?.strip_prefix(',')?.split(',');
        let kind = fields.next()?;
        let from: i64 = fields.next()?.parse().ok()?;
        let until = fields.next()?.parse().unwrap_or(from + 1);
        Some(Input { kind, from, until, value: fields.next()?.parse().ok()? })
    };
    INPUTS.lines().filter_map(of_person).collect()
}

/// The largest distance from a trajectory, in blood and under the skin.
fn distance(body: Body, name: &str, trajectory: &str) -> (f64, f64) {
    let inputs = inputs(name);
    let expected = trajectory.lines().skip(1).map(|line| {
        let mut fields = line.split(',').map(|field| field.parse::<f64>().expect("a number"));
        let mut next = || fields.next().expect("three fields");
        (next() as i64, next(), next())
    });
    let mut person = VirtualPerson::new(body);
    let mut minute = 0;
    let (mut plasma, mut skin) = (0.0_f64, 0.0_f64);
    for (at, expected_plasma, expected_skin) in expected {
        while minute < at {
            let mut factor = 1.0;
            for input in inputs.iter().filter(|input| (input.from..input.until).contains(&minute)) {
                match input.kind {
                    "meal" => person.eat(input.value),
                    "bolus" => person.bolus(input.value),
                    "basal_factor" => factor *= input.value,
                    "suspend" => factor = 0.0,
                    other => panic!("{other} is no input"),
                }
            }
            person.live_minute(factor);
            minute += 1;
        }
        plasma = plasma.max((person.plasma_mg_dl() - expected_plasma).abs());
        skin = skin.max((person.subcutaneous_mg_dl() - expected_skin).abs());
    }
    assert_eq!(minute, 1_440, "the trajectory is a whole day");
    (plasma, skin)
}

#[test]
fn five_bodies_live_a_day_as_simglucose_does() {
    for (body, name, trajectory) in TRAJECTORIES {
        let (plasma, skin) = distance(body, name, trajectory);
        assert!(plasma < ALLOWED_MG_DL && skin < ALLOWED_MG_DL, "{name}: blood {plasma}, skin {skin}");
        // What the number of steps in a minute claims.
        assert!(plasma < 0.002 && skin < 0.002, "{name}: blood {plasma}, skin {skin}");
    }
}

#[test]
fn a_body_left_alone_stays_level() {
    for body in Body::ALL {
        let mut person = VirtualPerson::new(body);
        let before = person.plasma_mg_dl();
        for _ in 0..3 * 1_440 {
            person.live_minute(1.0);
        }
        assert!((person.plasma_mg_dl() - before).abs() < 0.1, "{body:?}");
    }
}

#[test]
fn sugar_lifts_and_insulin_lowers() {
    let after = |grams: f64, units: f64| {
        let mut person = VirtualPerson::new(Body::Child7);
        person.eat(grams);
        person.bolus(units);
        (0..120).for_each(|_| person.live_minute(1.0));
        person.subcutaneous_mg_dl()
    };
    assert!(after(40.0, 0.0) > after(0.0, 0.0) + 30.0);
    assert!(after(0.0, 2.0) < after(0.0, 0.0) - 20.0);
}
