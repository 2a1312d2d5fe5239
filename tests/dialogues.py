"""Replies of trainees for tests; none of them stands in the training data."""

SCENARIO, PERSONA, SEED = "phone-third-call", "silvio_kretzschmar", 7

GOOD = (
    "Guten Tag, Herr Kretzschmar, Jana Förster ist mein Name. Fünfunddreißig Minuten in der Schleife, und das beim "
    "dritten Anruf: Das ist zu viel, und es tut mir ehrlich leid. Wie lautet Ihre Kundennummer, dann sehe ich sofort nach?",
    "Sechs Tage kein Internet und kein Telefon, und das nach einer Umstellung, die alles schneller machen sollte. Der Fehler liegt bei "
    "uns, ich übernehme das jetzt selbst. Wann sind Sie zu Hause, damit der Techniker Sie wirklich antrifft?",
    "Ich buche den Techniker für morgen zwischen 14 und 16 Uhr fest auf Ihren Namen. Passt Ihnen das?",
    "Ich bleibe Ihre Ansprechpartnerin und rufe Sie morgen um 17 Uhr selbst an, ob alles läuft. Ist Ihnen die Zeit recht?",
    "Ich schreibe den ganzen Fall jetzt ins Ticket, damit Sie ihn niemandem mehr erzählen müssen, und die sechs Tage schreibe ich Ihnen "
    "auf der nächsten Rechnung gut. Ist das so in Ordnung für Sie?",
    "Fehlt Ihnen sonst noch etwas von mir?",
    "Dann rufe ich Sie wie gesagt morgen um 17 Uhr an. Passt das so?",
)

BAD = (
    "Kundennummer?",
    "Das ist eben so, da kann man nichts machen.",
    "Beruhigen Sie sich erst mal.",
    "Dafür bin ich nicht zuständig.",
    "Da hätten Sie halt früher anrufen müssen.",
    "Das System ist schuld, nicht ich.",
    "Jetzt hören Sie mal auf zu jammern.",
)
