# ruff: noqa: RUF001 -- words of this alphabet, whose letters look like others
"""Greek."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: μηδέν, κανένας, κανείς
number 1: ένα, ένας, μία, μια
number 2: δύο, δυο
number 3: τρία, τρεις
number 4: τέσσερα, τέσσερις
number 5: πέντε
number 6: έξι
number 7: επτά, εφτά
number 8: οκτώ, οχτώ
number 9: εννέα, εννιά
number 10: δέκα
number 11: έντεκα
number 12: δώδεκα
number 13: δεκατρία, δεκατρείς
number 14: δεκατέσσερα, δεκατέσσερις
number 15: δεκαπέντε
number 16: δεκαέξι, δεκάξι
number 17: δεκαεπτά, δεκαεφτά
number 18: δεκαοκτώ, δεκαοχτώ
number 19: δεκαεννέα, δεκαεννιά
number 20: είκοσι
number 30: τριάντα
number 40: σαράντα
number 50: πενήντα
scale 100: εκατό
ordinal 1: πρώτο, πρώτη, πρώτος
ordinal 2: δεύτερο, δεύτερη, δεύτερος
ordinal 3: τρίτο, τρίτη, τρίτος
""",
    fillers="""
filler: παρακαλώ, ευχαριστώ, γεια, γεια σας, καλημέρα, καλησπέρα, εντάξει, οκ, θα ήθελα, θέλω,
    μόνο, είμαστε, αν γίνεται
""",
    dates="""
day 0: σήμερα, απόψε
day 1: αύριο
day 2: μεθαύριο
day -1: χθες, χτες
day -2: προχθές
unit 1: μέρα, μέρες, ημέρα, ημέρες
unit 7: εβδομάδα, εβδομάδες
unit 30: μήνα, μήνες
in: σε
the: την, το, τη, στις, στη
coming: αυτή την, ερχόμενη
""",
    times="""
at: στις, στη, στη μία
plus: και
minus: παρά
half: μισή
quarter: τέταρτο
am: π μ, πμ
pm: μ μ, μμ
part m: το πρωί, πρωί
part a: το μεσημέρι, το απόγευμα, απόγευμα
part e: το βράδυ, βράδυ
noon: μεσημέρι
midnight: μεσάνυχτα
now: τώρα
""",
    amounts="""
counted: άτομα, άτομο, τεμάχια, ενήλικες, παιδιά, μέρες, νύχτες, φορές, κιλά
currency: €, ευρώ, $
point: κόμμα
half: μισό, μισή
hedge: όχι, ή, και, μεταξύ, τουλάχιστον, περίπου, ίσως, μερικά, λίγα, πολλά, αλλά, δεν
""",
    choices="""
option: επιλογή, αριθμός, νούμερο, #
last: τελευταίο, τελευταία, τελευταίος
the: το, η, ο, την, τον, τα
""",
)
