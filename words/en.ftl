### The one catalogue of sentences. English is the first; every other file has the same keys.
### Read by the web app and by the server. Messages that start with "page-" are for pages the
### server draws and are left out of the web app. Sentences have at most 15 words; the fact comes
### first, then since when, then the next step. Nobody is blamed, and no dose is ever named.

## Names of things

app-name = Keepwatch
nav-people = People
nav-more = More
nav-label = Main
skip-link = Skip to the reading
skip-link-page = Skip to the content
demo-mark = Demo
demo-note = This person is simulated.
old-mark = old
home-title = People
more-title = More
chain-title = Where readings come from
chart-title = Chart
today-title = Meter checks

## Glucose

unit-short = { $unit ->
    [mmol] mmol/L
   *[mg] mg/dL
}
unit-spoken = { $unit ->
    [mmol] millimoles per litre
   *[mg] milligrams per decilitre
}
level = { $level ->
    [urgent_low] Urgent low
    [low] Low
    [high] High
    [very_high] Very high
   *[in_range] In range
}
trend = { $trend ->
    [double_up] rising fast
    [single_up] rising
    [forty_five_up] rising slowly
    [flat] steady
    [forty_five_down] falling slowly
    [single_down] falling
    [double_down] falling fast
   *[not_computable] direction unknown
}
level-and-trend = { $level }, { $trend }
below-range = Below { $value }
above-range = Above { $value }
delta = { $change } in { $minutes } min

## Age

age-now = just now
age-minutes = { $minutes } min ago
age-hours = { $time } ({ $hours } h { $minutes } min ago)
age-day = { $day }
age-checking = checking…
time-both = { $here } ({ $there } for { $name })
age-now-spoken = just now
age-minutes-spoken = { $minutes ->
    [one] { $minutes } minute ago
   *[other] { $minutes } minutes ago
}
missing = { $count ->
    [one] One reading is missing.
   *[other] { $count } readings are missing.
}
stale-minutes = No new reading for { $minutes } min.
stale-since = No new reading since { $since }.
was = It was { $value } at { $time }.
was-out = It was { $level } ({ $value }) at { $time }.
was-level = { $level ->
    [urgent_low] urgently low
    [low] low
    [high] high
    [very_high] very high
   *[in_range] in range
}
unknown-never = No reading yet
unknown-since = No reading since { $day }
clock-suspect = The phone’s clock looks wrong. Age may be off.
saved-at = Saved at { $time }, not checked.
disagree = Two sources disagree: { $low } and { $high } { $unit }. Check with a meter.

## Spoken

spoken = { $name }, { $value }, { $level }, { $trend }, { $age }
spoken-plain = { $name }, { $value }, { $level }, { $age }
spoken-old = { $name }, old reading. { $sentence }
spoken-unknown = { $name }, { $sentence }
spoken-value = { $value } { $unit }
announce-new = { $name }, { $value } { $unit }, { $level }
announce-level = { $name }: { $level }, { $value } { $unit }
announce-stale = { $name }: { $sentence }
announce-moved = { $name } moved to place { $place }
announce-unit = Shown in { $unit }

## The chain of links

chain-all-working = All four links working
chain-late = One link is slow
chain-broken = { $name }: needs a look
chain-unsure = Not everything can be seen right now
link-sensor = Sensor
link-phone = { $name }’s phone
link-keepwatch = Keepwatch
link-device = This device
link-state = { $state ->
    [working] working
    [late] slow
    [broken] needs a look
    [waiting] waiting
   *[unknown] can’t tell
}
sensor-working = Newest reading { $when }.
sensor-late = The next reading is late. Newest { $when }.
sensor-broken = The sensor isn’t sending. Check it is in place and near the phone.
sensor-fault = The sensor can’t measure right now. Check what the phone says about it.
sensor-unknown = We can’t see the sensor right now.
phone-working = In touch { $when }.
phone-late = Not in touch since { $since }.
phone-broken = { $name } hasn’t been in touch since { $since }. Check it has power and internet.
phone-clock = The clock of { $name } looks wrong. Set its date and time to automatic.
phone-refused = { $name } sends readings that don’t make sense. Check its settings.
phone-ready = Ready, waiting for the sensor.
phone-unknown = We can’t see when { $name } was last in touch.
phone-never = No phone has been in touch yet.
keepwatch-working = Receiving and showing readings.
keepwatch-broken = Keepwatch has had a fault since { $since }. Use the meter meanwhile.
keepwatch-unsaved = Keepwatch can’t save readings right now. You still see new ones.
keepwatch-unknown = We can’t tell while this device is cut off.
device-working = Connected.
device-late = Connecting again.
device-offline = This device is offline. Showing { $time }.
device-unreachable = Keepwatch can’t be reached. Showing { $time }. We keep trying.
link-waiting = Ready for the next reading.
cut-off = We can’t tell while this device is cut off.

## Chart

chart-range = { $hours } h
chart-ranges = Hours shown
chart-earlier = Earlier
chart-later = Later
chart-keys = Chart of { $name }. Left and right arrow keys read single values.
chart-name = { $from } to { $to }: { $count ->
    [one] one reading
   *[other] { $count } readings
}, lowest { $lowest }, highest { $highest } { $unit }, { $share } % in range. { $gaps ->
    [0] No gaps.
    [one] One gap.
   *[other] { $gaps } gaps.
}
chart-name-empty = { $from } to { $to }: no readings.
chart-gap = No readings { $from }–{ $to }
chart-readout = { $time }: { $value }, { $level }
chart-readout-none = { $time }: no reading
chart-readout-hint = Tap the chart to read a value.
chart-check = Meter check { $value } by { $by }, { $time }
chart-loading = Fetching earlier readings…
chart-not-loaded = Earlier readings couldn’t be fetched. Try again in a moment.
chart-table = Show as table
later-loading = One moment…
later-failed = This couldn’t be fetched. Open it again in a moment.
table-hours = By hour
table-all = All readings
table-time = Time
table-value = { $unit }
table-level = Level
table-lowest = Lowest
table-highest = Highest
table-count = Readings
table-gap = no readings

## Person

person-zone = It is { $time } where { $name } is.
check-line = { $value } by { $by } · { $when }
check-none = No meter check in the last 24 hours.
person-missing = You don’t follow this person on this device. Go to your people.
back-to-people = Go to your people
route-gone = This page isn’t here. Go to your people.

## First screens

nobody-title = No one to watch yet
nobody-text = When someone invites you, open their link on this device.
signed-out-title = This device isn’t connected
signed-out-text = Open your invitation again, or ask for a new one.
starting = Looking for readings…
starting-failed = Keepwatch can’t be reached. We try again every few seconds.
saved-banner = Saved readings from { $time }. Looking for new ones.
script-needed = Keepwatch needs JavaScript to show readings.

## Install

settings-install = On the home screen
install-hint = Put Keepwatch on your home screen to open it with one tap.
install-how = Show me how
install-button = Add to home screen
install-ios = Tap Share, then “Add to Home Screen”.
install-other = Open the browser’s menu, then “Install” or “Add to Home Screen”.
install-done = Keepwatch is on this device.
install-later = Not now

## Settings

settings-unit = Unit
settings-palette = Colours
palette-follow = Like this device
palette-light = Light
palette-dark = Dark
palette-night = Night
palette-schedule = Night colours on a schedule
palette-from = From
palette-until = Until
settings-spoken = Screen reader
settings-read-each = Read each new value
settings-read-each-note = Changes of level and missing readings are always read.
settings-order = Order of people
settings-order-note = People who need a look still come first.
move-up = Move { $name } up
settings-device = This device
device-viewer = Connected as { $name }.
forget-note = Forgetting removes saved readings and settings from this device.
forget-button = Forget this device
forget-confirm = Forget now? You need a new invitation to come back.
forget-yes = Yes, forget
forget-no = Keep
forget-done = This device has forgotten everything.
forget-unsent = Saved readings are gone. Keepwatch couldn’t be told, so try again later.
about-title = What this is and is not
about-secondary = Keepwatch is a second look at readings that another device measures.
about-not-alone = It does not replace the wearer’s own alarm, the maker’s app or a meter.
about-not-dosing = Never decide on treatment from it. Check with a meter first.
about-late = Readings can be late or missing. Silence does not mean that all is well.
about-no-alerts = Keepwatch does not wake anybody. It has no alerts yet.
about-version = Version { $version }

## Pages that the server draws

page-invitation-title = { $inviter } invites you
page-invitation-text = You will see the readings of { $person }.
page-invitation-sees = You see the number, its direction, its age and the chart.
page-invitation-button = See { $person }’s readings
page-invitation-device = This connects this device. It stores a cookie, nothing else.
page-invitation-gone-title = This invitation has ended
page-invitation-gone-text = Ask { $person }’s family for a new one.
page-invitation-unknown = This invitation isn’t known here. Ask for a new one.
page-welcome-title = Keepwatch
page-welcome-text = This device isn’t connected to anybody yet.
page-welcome-next = Open the invitation link you were sent, on this device.
page-missing-title = This page isn’t here
page-missing-text = Go to your people.
page-fault-title = Keepwatch has a fault
page-fault-text = Use the meter meanwhile. Try again in a minute.

## Pages behind an invitation

page-invitation-for = This link is for { $name }.
page-invitation-demo = These people are simulated. They show what Keepwatch can do.
page-invitation-no-alerts = Keepwatch doesn’t wake anybody yet. Keep the maker’s alerts switched on.
page-invitation-expired = This link is older than 72 hours. Ask whoever sent it for a new one.
page-invitation-used = This link has connected 5 devices. Ask whoever sent it for a new one.
page-invitation-unknown-title = This invitation isn’t known here
page-invitation-removed = It was replaced or ended. Ask whoever sent it for a new one.
page-invitation-fault = This device couldn’t be connected just now. Try again in a minute.
page-invitation-clear-title = Open this link with https
page-invitation-clear-text = Write https:// in front of the address and press the button again. Nothing is used up.
page-invitation-elsewhere-title = Please press the button again
page-invitation-elsewhere-text = Open your invitation link directly in the browser and press the button there.
page-app-missing-title = The web app isn’t in this build
page-app-missing-text = Readings are received and shown to other apps. Build the web app: cargo xtask web
