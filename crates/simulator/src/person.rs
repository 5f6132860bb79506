//! One body: where sugar and insulin are and how they move, minute by minute. It knows neither days nor sensors, and it is
//! a pretence for tests and demonstrations: nothing in it may ever be shown as advice.
//!
//! The thirteen equations are those of simglucose (MIT, © 2017 Jinyu Xie), after the UVA/Padova simulator of 2008.

use std::sync::LazyLock;

/// Parameters of the bodies, a row for each parameter and a column for each body; from simglucose, values unchanged.
const TABLE: &str = include_str!("parameters.csv");
/// At most so many grams are eaten in a minute; the rest of a meal waits.
const GRAMS_PER_MINUTE_MAX: f64 = 5.0;
/// A minute is integrated in so many steps. One would do for four of the bodies; the child's stomach turns so sharply that
/// one errs by 0.1 mg/dL and four by 0.001.
const STEPS_PER_MINUTE: u32 = 4;
/// pmol in one unit of insulin.
const PMOL_PER_UNIT: f64 = 6_000.0;

// Where in the state each quantity stands.
const STOMACH_SOLID: usize = 0;
const STOMACH_LIQUID: usize = 1;
const GUT: usize = 2;
const PLASMA: usize = 3;
const TISSUE: usize = 4;
const INSULIN: usize = 5;
const ACTION: usize = 6;
const SIGNAL_FIRST: usize = 7;
const SIGNAL_SECOND: usize = 8;
const LIVER: usize = 9;
const DEPOT_FIRST: usize = 10;
const DEPOT_SECOND: usize = 11;
const SUBCUTANEOUS: usize = 12;
/// Quantities in the state.
const QUANTITIES: usize = 13;
/// Those that stand still while they are negative.
const HELD: [usize; 7] = [PLASMA, TISSUE, INSULIN, LIVER, DEPOT_FIRST, DEPOT_SECOND, SUBCUTANEOUS];

type State = [f64; QUANTITIES];

/// Which body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    /// simglucose's adult 1: heavy, slow, hard to move.
    Adult1,
    /// simglucose's adult 4: sensitive, with high peaks.
    Adult4,
    /// simglucose's adult 9: resistant, slow stomach.
    Adult9,
    /// simglucose's adolescent 3.
    Adolescent3,
    /// simglucose's child 7.
    Child7,
}

impl Body {
    /// Every body, in the order of the table's columns.
    pub const ALL: [Self; 5] = [Self::Adult1, Self::Adult4, Self::Adult9, Self::Adolescent3, Self::Child7];

    fn parameters(self) -> &'static Parameters {
        static ALL: LazyLock<[Parameters; 5]> = LazyLock::new(|| std::array::from_fn(Parameters::of_column));
        &ALL[self as usize]
    }
}

/// The parameters of one body, named as in the equations.
#[derive(Debug)]
struct Parameters {
    initial: State,
    weight_kg: f64,
    vg: f64,
    vi: f64,
    ib: f64,
    kabs: f64,
    kmax: f64,
    kmin: f64,
    b: f64,
    d: f64,
    f: f64,
    kp1: f64,
    kp2: f64,
    kp3: f64,
    ke1: f64,
    ke2: f64,
    k1: f64,
    k2: f64,
    fsnc: f64,
    vm0: f64,
    vmx: f64,
    km0: f64,
    m1: f64,
    m2: f64,
    m4: f64,
    m30: f64,
    ka1: f64,
    ka2: f64,
    kd: f64,
    ki: f64,
    p2u: f64,
    ksc: f64,
    basal_units_per_minute: f64,
    grams_per_unit: f64,
    mg_dl_per_unit: f64,
}

impl Parameters {
    fn of_column(column: usize) -> Self {
        let at = |name: &str| cell(name, column);
        let weight_kg = at("BW");
        Self {
            initial: std::array::from_fn(|quantity| at(&format!("x0_{}", quantity + 1))),
            weight_kg,
            vg: at("Vg"),
            vi: at("Vi"),
            ib: at("Ib"),
            kabs: at("kabs"),
            kmax: at("kmax"),
            kmin: at("kmin"),
            b: at("b"),
            d: at("d"),
            f: at("f"),
            kp1: at("kp1"),
            kp2: at("kp2"),
            kp3: at("kp3"),
            ke1: at("ke1"),
            ke2: at("ke2"),
            k1: at("k1"),
            k2: at("k2"),
            fsnc: at("Fsnc"),
            vm0: at("Vm0"),
            vmx: at("Vmx"),
            km0: at("Km0"),
            m1: at("m1"),
            m2: at("m2"),
            m4: at("m4"),
            m30: at("m30"),
            ka1: at("ka1"),
            ka2: at("ka2"),
            kd: at("kd"),
            ki: at("ki"),
            p2u: at("p2u"),
            ksc: at("ksc"),
            basal_units_per_minute: at("u2ss") * weight_kg / PMOL_PER_UNIT,
            grams_per_unit: at("CR"),
            mg_dl_per_unit: at("CF"),
        }
    }
}

/// A number of the embedded table. The table is part of the program, so a hole in it is a bug.
fn cell(name: &str, column: usize) -> f64 {
    TABLE
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(',')?.split(',').nth(column))
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("the table of bodies has no number for {name} in column {column}"))
}

/// A body with what is in it now.
#[derive(Clone, Debug)]
pub struct VirtualPerson {
    parameters: &'static Parameters,
    state: State,
    /// Grams that wait to be eaten.
    plate_g: f64,
    /// Units that are delivered within the next minute.
    bolus_units: f64,
    /// Whether the last minute ate: a minute that eats after one that did not begins a meal.
    eating: bool,
    /// What the stomach held when the meal began (mg).
    stomach_before_mg: f64,
    /// Grams eaten of the present or last meal.
    eaten_g: f64,
}

/// What acts on a body during one minute.
struct Inputs {
    /// Sugar eaten, mg a minute.
    eat_mg: f64,
    /// Insulin, pmol/kg a minute.
    insulin_pmol_kg: f64,
    /// Sugar of the meal as its stomach emptying sees it (mg); 0 before the first meal.
    meal_mg: f64,
}

impl VirtualPerson {
    /// A body at rest: nothing eaten, its basal insulin in balance.
    pub fn new(body: Body) -> Self {
        let parameters = body.parameters();
        Self {
            parameters,
            state: parameters.initial,
            plate_g: 0.0,
            bolus_units: 0.0,
            eating: false,
            stomach_before_mg: 0.0,
            eaten_g: 0.0,
        }
    }

    /// Puts so many grams of carbohydrate on the plate; they are eaten from the next minute on, 5 g a minute.
    pub fn eat(&mut self, grams: f64) {
        self.plate_g += grams;
    }

    /// Gives so many units of insulin within the next minute, on top of the basal.
    pub fn bolus(&mut self, units: f64) {
        self.bolus_units += units;
    }

    /// Lives one minute with `basal_factor` times the basal insulin that keeps this body level (0: none).
    pub fn live_minute(&mut self, basal_factor: f64) {
        let grams = self.plate_g.min(GRAMS_PER_MINUTE_MAX);
        self.plate_g -= grams;
        if grams > 0.0 && !self.eating {
            self.stomach_before_mg = self.state[STOMACH_SOLID] + self.state[STOMACH_LIQUID];
            self.eaten_g = 0.0;
        }
        self.eating = grams > 0.0;
        self.eaten_g += grams;
        let units = self.parameters.basal_units_per_minute * basal_factor + std::mem::take(&mut self.bolus_units);
        let inputs = Inputs {
            eat_mg: grams * 1_000.0,
            insulin_pmol_kg: units * PMOL_PER_UNIT / self.parameters.weight_kg,
            meal_mg: self.stomach_before_mg + 1_000.0 * self.eaten_g,
        };
        self.state = next_minute(self.parameters, &self.state, &inputs);
    }

    /// Glucose under the skin, which a sensor sees (mg/dL).
    pub fn subcutaneous_mg_dl(&self) -> f64 {
        self.state[SUBCUTANEOUS] / self.parameters.vg
    }

    /// Glucose in the blood (mg/dL); the skin follows it by some minutes.
    pub fn plasma_mg_dl(&self) -> f64 {
        self.state[PLASMA] / self.parameters.vg
    }

    /// The units that this body takes for a meal of so many grams.
    pub fn meal_units(&self, grams: f64) -> f64 {
        grams / self.parameters.grams_per_unit
    }

    /// The units that this body takes to bring glucose down by so much.
    pub fn correction_units(&self, mg_dl: f64) -> f64 {
        mg_dl / self.parameters.mg_dl_per_unit
    }

    /// How much this body eats, measured by its weight; an adult of 70 kg is 1.
    pub fn appetite(&self) -> f64 {
        (self.parameters.weight_kg / 70.0).clamp(0.6, 1.2)
    }
}

/// One minute by the classical Runge-Kutta scheme.
fn next_minute(p: &Parameters, x: &State, inputs: &Inputs) -> State {
    (0..STEPS_PER_MINUTE).fold(*x, |x, _| next_step(p, &x, inputs))
}

fn next_step(p: &Parameters, x: &State, inputs: &Inputs) -> State {
    let step = 1.0 / f64::from(STEPS_PER_MINUTE);
    let moved = |slope: &State, steps: f64| -> State { std::array::from_fn(|i| x[i] + slope[i] * steps * step) };
    let first = slopes(p, x, inputs);
    let second = slopes(p, &moved(&first, 0.5), inputs);
    let third = slopes(p, &moved(&second, 0.5), inputs);
    let fourth = slopes(p, &moved(&third, 1.0), inputs);
    std::array::from_fn(|i| x[i] + step * (first[i] + 2.0 * (second[i] + third[i]) + fourth[i]) / 6.0)
}

/// How fast each quantity changes, per minute.
fn slopes(p: &Parameters, x: &State, inputs: &Inputs) -> State {
    let emptying = stomach_emptying(p, x[STOMACH_SOLID] + x[STOMACH_LIQUID], inputs.meal_mg);
    let appears = p.f * p.kabs * x[GUT] / p.weight_kg;
    let produced = (p.kp1 - p.kp2 * x[PLASMA] - p.kp3 * x[SIGNAL_SECOND]).max(0.0);
    let excreted = p.ke1 * (x[PLASMA] - p.ke2).max(0.0);
    let exchanged = p.k1 * x[PLASMA] - p.k2 * x[TISSUE];
    let used = (p.vm0 + p.vmx * x[ACTION]) * x[TISSUE] / (p.km0 + x[TISSUE]);
    let concentration = x[INSULIN] / p.vi;
    let absorbed = p.ka1 * x[DEPOT_FIRST] + p.ka2 * x[DEPOT_SECOND];
    let mut slopes = [
        inputs.eat_mg - p.kmax * x[STOMACH_SOLID],
        p.kmax * x[STOMACH_SOLID] - emptying * x[STOMACH_LIQUID],
        emptying * x[STOMACH_LIQUID] - p.kabs * x[GUT],
        produced + appears - p.fsnc - excreted - exchanged,
        exchanged - used,
        p.m1 * x[LIVER] - (p.m2 + p.m4) * x[INSULIN] + absorbed,
        p.p2u * (concentration - p.ib - x[ACTION]),
        p.ki * (concentration - x[SIGNAL_FIRST]),
        p.ki * (x[SIGNAL_FIRST] - x[SIGNAL_SECOND]),
        p.m2 * x[INSULIN] - (p.m1 + p.m30) * x[LIVER],
        inputs.insulin_pmol_kg - (p.ka1 + p.kd) * x[DEPOT_FIRST],
        p.kd * x[DEPOT_FIRST] - p.ka2 * x[DEPOT_SECOND],
        p.ksc * (x[PLASMA] - x[SUBCUTANEOUS]),
    ];
    for quantity in HELD {
        if x[quantity] < 0.0 {
            slopes[quantity] = 0.0;
        }
    }
    slopes
}

/// How fast the liquid stomach empties, per minute: fast when full or nearly empty, slow between.
fn stomach_emptying(p: &Parameters, stomach_mg: f64, meal_mg: f64) -> f64 {
    if meal_mg <= 0.0 {
        return p.kmax;
    }
    let alpha = 5.0 / (2.0 * meal_mg * (1.0 - p.b));
    let beta = 5.0 / (2.0 * meal_mg * p.d);
    let bend = (alpha * (stomach_mg - p.b * meal_mg)).tanh() - (beta * (stomach_mg - p.d * meal_mg)).tanh();
    p.kmin + (p.kmax - p.kmin) / 2.0 * (bend + 2.0)
}

#[cfg(test)]
mod tests;
