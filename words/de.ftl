### German. Same keys as en.ftl; a test holds that.

## Names of things

app-name = Keepwatch
nav-people = Personen
nav-more = Mehr
nav-label = Hauptbereich
skip-link = Zum Messwert springen
skip-link-page = Zum Inhalt springen
demo-mark = Demo
demo-note = Diese Person ist simuliert.
old-mark = alt
home-title = Personen
more-title = Mehr
chain-title = Woher die Werte kommen
chart-title = Verlauf
today-title = Blutzucker-Kontrollen

## Glucose

unit-short = { $unit ->
    [mmol] mmol/l
   *[mg] mg/dl
}
unit-spoken = { $unit ->
    [mmol] Millimol pro Liter
   *[mg] Milligramm pro Deziliter
}
level = { $level ->
    [urgent_low] Gefährlich niedrig
    [low] Niedrig
    [high] Hoch
    [very_high] Sehr hoch
   *[in_range] Im Bereich
}
trend = { $trend ->
    [double_up] steigt sehr schnell
    [single_up] steigt
    [forty_five_up] steigt langsam
    [flat] stabil
    [forty_five_down] fällt langsam
    [single_down] fällt
    [double_down] fällt sehr schnell
   *[not_computable] Richtung unbekannt
}
level-and-trend = { $level }, { $trend }
below-range = Unter { $value }
above-range = Über { $value }
delta = { $change } in { $minutes } min

## Age

age-now = gerade eben
age-minutes = vor { $minutes } min
age-hours = { $time } (vor { $hours } h { $minutes } min)
age-day = { $day }
age-checking = wird geprüft…
time-both = { $here } ({ $there } bei { $name })
age-now-spoken = gerade eben
age-minutes-spoken = { $minutes ->
    [one] vor { $minutes } Minute
   *[other] vor { $minutes } Minuten
}
missing = { $count ->
    [one] Ein Wert fehlt.
   *[other] { $count } Werte fehlen.
}
stale-minutes = Seit { $minutes } min kein neuer Wert.
stale-since = Kein neuer Wert seit { $since }.
was = Um { $time } war der Wert { $value }.
was-out = Um { $time } war er { $level } ({ $value }).
was-level = { $level ->
    [urgent_low] gefährlich niedrig
    [low] niedrig
    [high] hoch
    [very_high] sehr hoch
   *[in_range] im Bereich
}
unknown-never = Noch kein Wert
unknown-since = Kein Wert seit { $day }
clock-suspect = Die Uhr des Handys geht wohl falsch. Das Alter ist unsicher.
saved-at = Gespeichert um { $time }, ungeprüft.
disagree = Zwei Quellen sind uneins: { $low } und { $high } { $unit }. Bitte mit Messgerät prüfen.

## Spoken

spoken = { $name }, { $value }, { $level }, { $trend }, { $age }
spoken-plain = { $name }, { $value }, { $level }, { $age }
spoken-old = { $name }, alter Wert. { $sentence }
spoken-unknown = { $name }, { $sentence }
spoken-value = { $value } { $unit }
announce-new = { $name }, { $value } { $unit }, { $level }
announce-level = { $name }: { $level }, { $value } { $unit }
announce-stale = { $name }: { $sentence }
announce-moved = { $name } steht jetzt an Stelle { $place }
announce-unit = Anzeige in { $unit }

## The chain of links

chain-all-working = Alle vier Glieder arbeiten
chain-late = Ein Glied ist langsam
chain-broken = { $name }: bitte nachsehen
chain-unsure = Gerade ist nicht alles zu sehen
link-sensor = Sensor
link-phone = Handy von { $name }
link-keepwatch = Keepwatch
link-device = Dieses Gerät
link-state = { $state ->
    [working] arbeitet
    [late] langsam
    [broken] bitte nachsehen
    [waiting] wartet
   *[unknown] nicht zu sehen
}
sensor-working = Neuester Wert { $when }.
sensor-late = Der nächste Wert ist überfällig. Neuester { $when }.
sensor-broken = Der Sensor sendet nicht. Sitzt er richtig und nah am Handy?
sensor-fault = Der Sensor kann gerade nicht messen. Was sagt das Handy dazu?
sensor-unknown = Wir können den Sensor gerade nicht sehen.
phone-working = Meldung { $when }.
phone-late = Keine Meldung seit { $since }.
phone-broken = { $name }: keine Meldung seit { $since }. Hat es Strom und Internet?
phone-clock = { $name }: Die Uhr geht wohl falsch. Datum und Zeit auf automatisch stellen.
phone-refused = { $name } sendet unplausible Werte. Bitte die Einstellungen prüfen.
phone-ready = Bereit, wartet auf den Sensor.
phone-unknown = { $name }: Die letzte Meldung ist nicht bekannt.
phone-never = Noch kein Handy hat sich gemeldet.
keepwatch-working = Empfängt und zeigt Werte.
keepwatch-broken = Keepwatch ist seit { $since } gestört. Bitte solange das Messgerät benutzen.
keepwatch-unsaved = Keepwatch kann gerade nichts speichern. Neue Werte sind trotzdem zu sehen.
keepwatch-unknown = Nicht zu sehen, solange dieses Gerät getrennt ist.
device-working = Verbunden.
device-late = Verbindet sich neu.
device-offline = Dieses Gerät ist offline. Stand { $time }.
device-unreachable = Keepwatch ist nicht erreichbar. Stand { $time }. Wir versuchen es weiter.
link-waiting = Bereit für den nächsten Wert.
cut-off = Nicht zu sehen, solange dieses Gerät getrennt ist.

## Chart

chart-range = { $hours } h
chart-ranges = Gezeigte Stunden
chart-earlier = Früher
chart-later = Später
chart-keys = Verlauf von { $name }. Pfeiltasten links und rechts lesen einzelne Werte.
chart-name = { $from } bis { $to }: { $count ->
    [one] ein Wert
   *[other] { $count } Werte
}, niedrigster { $lowest }, höchster { $highest } { $unit }, { $share } % im Bereich. { $gaps ->
    [0] Keine Lücken.
    [one] Eine Lücke.
   *[other] { $gaps } Lücken.
}
chart-name-empty = { $from } bis { $to }: keine Werte.
chart-gap = Keine Werte { $from }–{ $to }
chart-readout = { $time }: { $value }, { $level }
chart-readout-none = { $time }: kein Wert
chart-readout-hint = Zum Ablesen antippen.
chart-check = Kontrolle { $value } von { $by }, { $time }
chart-loading = Frühere Werte werden geholt…
chart-not-loaded = Frühere Werte konnten nicht geholt werden. Bitte gleich noch einmal versuchen.
chart-table = Als Tabelle zeigen
later-loading = Einen Moment…
later-failed = Das konnte nicht geholt werden. Bitte gleich noch einmal öffnen.
table-hours = Nach Stunden
table-all = Alle Werte
table-time = Zeit
table-value = { $unit }
table-level = Stufe
table-lowest = Niedrigster
table-highest = Höchster
table-count = Werte
table-gap = keine Werte

## Person

person-zone = Bei { $name } ist es { $time }.
check-line = { $value } von { $by } · { $when }
check-none = Keine Kontrolle in den letzten 24 Stunden.
person-missing = Auf diesem Gerät folgen Sie dieser Person nicht. Zu Ihren Personen.
back-to-people = Zu Ihren Personen
route-gone = Diese Seite gibt es nicht. Zu Ihren Personen.

## First screens

nobody-title = Noch niemand da
nobody-text = Wenn Sie jemand einlädt, öffnen Sie den Link auf diesem Gerät.
signed-out-title = Dieses Gerät ist nicht verbunden
signed-out-text = Öffnen Sie Ihre Einladung noch einmal, oder bitten Sie um eine neue.
starting = Werte werden gesucht…
starting-failed = Keepwatch ist nicht erreichbar. Wir versuchen es alle paar Sekunden.
saved-banner = Gespeicherte Werte von { $time }. Neue werden gesucht.
script-needed = Keepwatch braucht JavaScript, um Werte zu zeigen.

## Install

settings-install = Auf dem Startbildschirm
install-hint = Legen Sie Keepwatch auf den Startbildschirm: ein Tipp öffnet es.
install-how = So geht’s
install-button = Zum Startbildschirm
install-ios = Auf „Teilen“ tippen, dann „Zum Home-Bildschirm“.
install-other = Menü des Browsers öffnen, dann „Installieren“ oder „Zum Startbildschirm hinzufügen“.
install-done = Keepwatch ist auf diesem Gerät.
install-later = Jetzt nicht

## Settings

settings-unit = Einheit
settings-palette = Farben
palette-follow = Wie dieses Gerät
palette-light = Hell
palette-dark = Dunkel
palette-night = Nacht
palette-schedule = Nachtfarben nach Uhrzeit
palette-from = Von
palette-until = Bis
settings-spoken = Vorlesen
settings-read-each = Jeden neuen Wert vorlesen
settings-read-each-note = Stufenwechsel und fehlende Werte werden immer vorgelesen.
settings-order = Reihenfolge der Personen
settings-order-note = Wer einen Blick braucht, steht trotzdem vorn.
move-up = { $name } nach oben
settings-device = Dieses Gerät
device-viewer = Verbunden als { $name }.
forget-note = Vergessen löscht gespeicherte Werte und Einstellungen von diesem Gerät.
forget-button = Dieses Gerät vergessen
forget-confirm = Jetzt vergessen? Zurück geht es nur mit einer neuen Einladung.
forget-yes = Ja, vergessen
forget-no = Behalten
forget-done = Dieses Gerät hat alles vergessen.
forget-unsent = Die Werte sind gelöscht. Keepwatch weiß es noch nicht, bitte später wiederholen.
about-title = Was das ist und was nicht
about-secondary = Keepwatch ist ein zweiter Blick auf Werte, die ein anderes Gerät misst.
about-not-alone = Es ersetzt weder den eigenen Alarm noch die Hersteller-App noch das Messgerät.
about-not-dosing = Nie danach behandeln. Immer zuerst mit dem Messgerät prüfen.
about-late = Werte können spät kommen oder fehlen. Stille heißt nicht, dass alles gut ist.
about-no-alerts = Keepwatch weckt niemanden. Es gibt noch keine Alarme.
about-version = Version { $version }

## Pages that the server draws

page-invitation-title = { $inviter } lädt Sie ein
page-invitation-text = Sie sehen dann die Werte von { $person }.
page-invitation-sees = Sie sehen den Wert, seine Richtung, sein Alter und den Verlauf.
page-invitation-button = Werte von { $person } sehen
page-invitation-device = Das verbindet dieses Gerät. Gespeichert wird nur ein Cookie.
page-invitation-gone-title = Diese Einladung ist abgelaufen
page-invitation-gone-text = Bitten Sie die Familie von { $person } um eine neue.
page-invitation-unknown = Diese Einladung ist hier nicht bekannt. Bitten Sie um eine neue.
page-welcome-title = Keepwatch
page-welcome-text = Dieses Gerät ist noch mit niemandem verbunden.
page-welcome-next = Öffnen Sie den Einladungslink auf diesem Gerät.
page-missing-title = Diese Seite gibt es nicht
page-missing-text = Zu Ihren Personen.
page-fault-title = Keepwatch ist gestört
page-fault-text = Bitte solange das Messgerät benutzen. Versuchen Sie es in einer Minute wieder.

## Pages behind an invitation

page-invitation-for = Dieser Link ist für { $name }.
page-invitation-demo = Diese Personen sind simuliert. Sie zeigen, was Keepwatch kann.
page-invitation-no-alerts = Keepwatch weckt noch niemanden. Lassen Sie die Warnungen der Hersteller-App an.
page-invitation-expired = Dieser Link ist älter als 72 Stunden. Bitten Sie um einen neuen.
page-invitation-used = Dieser Link hat 5 Geräte verbunden. Bitten Sie um einen neuen.
page-invitation-unknown-title = Diese Einladung ist hier nicht bekannt
page-invitation-removed = Sie wurde ersetzt oder beendet. Bitten Sie um eine neue.
page-invitation-fault = Dieses Gerät ließ sich gerade nicht verbinden. Versuchen Sie es in einer Minute wieder.
page-invitation-clear-title = Bitte den Link mit https öffnen
page-invitation-clear-text = Bitte https:// vor die Adresse schreiben und noch einmal drücken. Es ist nichts verbraucht.
page-invitation-elsewhere-title = Bitte noch einmal drücken
page-invitation-elsewhere-text = Öffnen Sie den Einladungslink direkt im Browser und drücken Sie dort den Knopf.
page-app-missing-title = Die Web-App fehlt in diesem Programm
page-app-missing-text = Werte werden empfangen und anderen Apps gezeigt. Web-App bauen: cargo xtask web
