"""Catalogs: their content, and reports of incomplete ones."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import ConfigError, FlowError
from bot.flow.load import load_flows
from bot.i18n.languages import OWN, noting_unfilled, read_catalog
from bot.tooling.catalogs import error_of, missing, texts, unfilled, update
from bot.tooling.check.run import check
from bot.tooling.walked_messages import messages_of

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)

PIZZA = """
from bot import END, Card, Flow, Option, Text, _, ask, choose, ngettext, parse, step


class Pizza(Flow):
    size = choose(
        Card("Which size?", "Both are round").on("SMS", "Size?"),
        {"small": Option("Small", to="count"), "large": Option("Large", to="count")},
        remind={"30m": "Still hungry?"},
    )
    count = ask(
        lambda data: _("How many {size} ones?", size=data.size),
        accept=parse.integer(),
        to="done",
        reask="A number, please.",
    )

    @step(to=END)
    def done(self, turn):
        # Translators: n is how many were ordered
        turn.say(ngettext("One pizza", "{n} pizzas", self.data.count))
        return END
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, request):
    name = f"catalogs_{abs(hash(request.node.nodeid))}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "pizza.py").write_text(PIZZA)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    forget(folder)


def forget(folder):
    for module in [each for each in sys.modules if each.partition(".")[0] == folder.name]:
        del sys.modules[module]


def load(folder):
    forget(folder)
    return load_flows(str(folder))


def po(folder, name="pizza", language="sv"):
    return folder / "locale" / language / "LC_MESSAGES" / f"{name}.po"


def begin(folder, *languages):
    return list(update(load(folder), languages or ("sv",), NOW))


def fill(folder, **translations):
    """Fill the Swedish catalogs. Texts without one of `translations` get SV before the text."""
    for path in po(folder).parent.glob("*.po"):
        lines = path.read_text(encoding="utf-8").split("\n")
        source, written = "", []
        for line in lines:
            if line.startswith("msgid "):
                source = line[7:-1]
            if source and line in ('msgstr ""', 'msgstr[0] ""', 'msgstr[1] ""'):
                key = source.partition(" ")[0].lower()
                line = line[:-1] + translations.get(key, f"SV {source}") + '"'
            written.append(line)
        path.write_text("\n".join(written), encoding="utf-8")


def pizza_faults(folder):
    return list(missing(load(folder)))


def test_finds_what_asks_hold_and_what_is_marked(folder):
    found = {str(entry.id): entry for entry in texts(load(folder))["pizza"]}

    assert set(found) == {
        "Which size?",
        "Both are round",
        "Size?",
        "Small",
        "Large",
        "Still hungry?",
        "How many {size} ones?",
        "A number, please.",
        "('One pizza', '{n} pizzas')",
    }
    assert found["Which size?"].auto_comments == ["Pizza.size: question"]
    assert found["Small"].auto_comments == ["Pizza.size: option small"]
    assert found["Still hungry?"].auto_comments == ["Pizza.size: reminder after 30m"]
    assert found["('One pizza', '{n} pizzas')"].auto_comments == [
        "Translators: n is how many were ordered"
    ]


def test_finds_what_the_framework_says(folder):
    found = [entry.id for entry in texts(load(folder))["bot"]]

    assert "Sorry, I didn't understand that." in found
    assert "No, continue" in found
    assert "Sorry, something went wrong on our side. Please try again later." in found


@pytest.mark.parametrize("language", ["sv", "de", "fr", "es"])
def test_what_the_framework_says_comes_translated(folder, language):
    own = read_catalog(OWN / "locale" / language / "LC_MESSAGES" / "bot.po", language)

    entries = texts(load(folder))["bot"]

    assert [fault for entry in entries if (fault := error_of(own, entry))] == []
    assert len(own) == len(entries)


@pytest.mark.parametrize("language", ["de", "es", "fr", "sv"])
def test_own_catalog_has_each_text_once(language):
    written = (OWN / "locale" / language / "LC_MESSAGES" / "bot.po").read_text()
    found = re.findall(r'^msgid "(.+)"$', written, re.MULTILINE)

    assert [text for text in set(found) if found.count(text) > 1] == []


def test_wants_what_the_framework_says_in_other_languages(folder):
    begin(folder, "sv_FI", "da")

    assert not po(folder, "bot", "sv_FI").exists()
    assert 'msgid "Please answer yes or no."\nmsgstr ""' in po(folder, "bot", "da").read_text()


def test_writes_templates_and_begins_a_language(folder):
    lines = begin(folder)

    assert f"{po(folder)}: 9 texts, 9 to translate" in lines
    assert '#. Pizza.size: question\nmsgid "Which size?"\nmsgstr ""' in po(folder).read_text()
    assert (folder / "locale" / "pizza.pot").exists()


def test_is_translated_once_all_is_filled_in(folder):
    begin(folder)
    fill(folder)

    assert list(missing(load(folder))) == []
    assert f"{po(folder)}: 9 texts, 0 to translate" in begin(folder)


def test_keeps_a_file_in_which_nothing_changed(folder):
    begin(folder)
    before = po(folder).read_bytes()
    list(update(load(folder), (), datetime(2027, 1, 1, tzinfo=UTC)))

    assert po(folder).read_bytes() == before


def test_adds_what_is_new_and_keeps_what_is_translated(folder):
    begin(folder)
    fill(folder)
    source = (folder / "pizza.py").read_text()
    (folder / "pizza.py").write_text(source.replace('"A number, please."', '"Pardon?"'))
    lines = list(update(load(folder), (), NOW))

    assert f"{po(folder)}: 9 texts, 1 to translate" in lines
    written = po(folder).read_text()
    assert 'msgid "Which size?"\nmsgstr "SV Which size?"' in written
    assert '#~ msgid "A number, please."' in written
    (line,) = pizza_faults(folder)
    number = written.splitlines().index('msgid "Pardon?"') + 1
    assert line == (
        f"{po(folder)}:{number}: 'Pardon?' (Pizza.count: reask) isn't translated. Write the"
        " translation into msgstr."
    )


def test_everything_is_missing_of_a_module_without_a_catalog(folder):
    begin(folder)
    fill(folder)
    po(folder).rename(po(folder, "other"))

    other, *untranslated = pizza_faults(folder)
    assert other == (
        f"{po(folder, 'other')}: there is no module 'other' in {folder}. Name a catalog after the"
        " module whose texts it translates, such as pizza.po."
    )
    assert len(untranslated) == 9


def test_a_fuzzy_entry_is_none(folder):
    begin(folder)
    fill(folder)
    written = po(folder).read_text()
    po(folder).write_text(written.replace('msgid "Small"', '#, fuzzy\nmsgid "Small"'))

    (line,) = pizza_faults(folder)
    number = po(folder).read_text().splitlines().index('msgid "Small"') + 1
    assert line == (
        f"{po(folder)}:{number}: 'Small' (Pizza.size: option small) is marked as fuzzy, so its"
        " translation is not used. Check the translation, then remove the word fuzzy from the line"
        " above the text."
    )


def test_unknown_format_in_a_translation_is_reported_with_its_line(folder):
    begin(folder)
    fill(folder, how="Hur många {size:fullt}?")

    number = po(folder).read_text().splitlines().index('msgid "How many {size} ones?"') + 1
    assert pizza_faults(folder) == [
        f"{po(folder)}:{number}: 'How many {{size}} ones?' (pizza.py) has a translation in which"
        " {size:fullt} has an unknown format 'fullt'. Did you mean 'full'? A date or time takes"
        " full, long, medium or short, or a format with %, such as %H:%M."
    ]


def test_translation_that_a_value_cannot_fill_is_reported_with_its_line(folder):
    begin(folder)
    fill(folder, how="Hur många {size:full}?")

    flows = load(folder)
    with noting_unfilled() as noted:
        messages_of(flows, "sv")

    number = po(folder).read_text().splitlines().index('msgid "How many {size} ones?"') + 1
    assert list(unfilled(flows, noted)) == [
        f"{po(folder)}:{number}: 'How many {{size}} ones?' has a translation that can't be filled:"
        " Invalid format specifier 'full' for object of type 'str'. Write the braces as in the"
        " text, or a format that the value accepts."
    ]
    report = check(str(folder), ["SMS"])
    (found,) = [each for each in report.found if "can't be filled" in each.what]
    assert (found.file, found.line, found.severity) == (str(po(folder)), number, "error")


@pytest.mark.parametrize("form", ["full", "%d.%m.", ">10", "x<8", ",", ".2f", "d", ""])
def test_format_that_a_value_takes_is_not_reported(folder, form):
    begin(folder)
    fill(folder, how=f"Hur många {{size:{form}}}?")

    assert pizza_faults(folder) == []


def test_names_a_wrong_gap(folder):
    begin(folder)
    fill(folder, how="Hur många {storlek}?")

    (line,) = pizza_faults(folder)
    assert line.endswith("has {storlek} in its translation, but the text has no {storlek}.")


def test_value_that_a_translation_lacks_is_reported(folder):
    begin(folder)
    fill(folder, how="Hur många?")

    (line,) = pizza_faults(folder)
    assert line.endswith("'How many {size} ones?' (pizza.py) lacks {size} in its translation.")


def test_plural_form_may_lack_the_number(folder):
    begin(folder)
    fill(folder, one="En pizza")

    assert pizza_faults(folder) == []


@pytest.mark.parametrize("place", ["{folder}/locale/sv/pizza.po", "{folder}/../locale/sv/pizza.po"])
def test_catalog_in_a_folder_that_is_not_read_is_reported(folder, place):
    path = Path(place.format(folder=folder)).resolve()
    path.parent.mkdir(parents=True)
    path.write_text('msgid "Small"\nmsgstr "Liten"\n')

    assert pizza_faults(folder) == [
        f"{path} is not read. Catalogs are read from"
        f" {folder}/locale/LANGUAGE/LC_MESSAGES/MODULE.po."
    ]


def test_option_that_is_translated_to_the_number_of_another_is_reported(folder):
    begin(folder)
    fill(folder, small="2")

    (line,) = pizza_faults(folder)
    assert line.endswith(
        ": Pizza.size: in sv, option 'small' is '2', which is the number of option 'large'. Change"
        " the translation."
    )


def test_text_that_a_catalog_has_twice_is_refused_with_its_line(folder):
    begin(folder)
    path = po(folder)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, 'msgid "Small"', 'msgstr "Litet"']), encoding="utf-8")

    message = f'{path}:{len(lines) + 1}: the catalog has "Small" twice. Delete one of'
    with pytest.raises(FlowError, match=re.escape(message)):
        load(folder)


def test_catalog_in_another_encoding_is_refused_with_its_line(folder):
    path = po(folder)
    path.parent.mkdir(parents=True)
    path.write_bytes('msgid "Small"\nmsgstr "Små"\n'.encode("latin-1"))

    message = (
        f"{path}:2: this line is not encoded in UTF-8, the encoding of the catalog. Save the file"
        " as UTF-8, with charset=UTF-8 in the header."
    )
    with pytest.raises(FlowError, match=re.escape(message)):
        load(folder)


def test_catalog_is_read_in_the_encoding_that_its_header_names(folder):
    path = po(folder)
    path.parent.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=ISO-8859-1\\n"\n\n'
    path.write_bytes(f'{header}msgid "Small"\nmsgstr "Små"\n'.encode("latin-1"))

    entry = read_catalog(path, "sv").get("Small")
    assert entry is not None
    assert entry.string == "Små"


def test_folder_named_by_a_locale_of_the_system_is_refused(folder):
    path = po(folder, language="sv_SE.UTF-8")
    path.parent.mkdir(parents=True)
    path.write_text("")

    with pytest.raises(FlowError, match=r"'sv_SE\.UTF-8' is not a language\. Name the folder"):
        load(folder)


def test_number_of_plural_forms_is_told_if_a_text_has_more(folder):
    path = po(folder)
    path.parent.mkdir(parents=True)
    forms = "".join(f'msgstr[{n}] "{n} pizzor"\n' for n in range(3))
    path.write_text(f'msgid "One pizza"\nmsgid_plural "{{n}} pizzas"\n{forms}', encoding="utf-8")

    with pytest.raises(FlowError, match=r"as many msgstr\[…\] lines as nplurals"):
        load(folder)


def test_names_braces_that_do_not_close(folder):
    begin(folder)
    fill(folder, how="Hur många {size?")

    (line,) = pizza_faults(folder)
    assert line.endswith("has unclosed braces in its translation.")


def test_names_a_line_whose_quotes_do_not_close(folder):
    begin(folder)
    path = po(folder)
    text = path.read_text(encoding="utf-8").rstrip()
    path.write_text(text[:-1], encoding="utf-8")

    with pytest.raises(FlowError, match=rf"po:{len(text.splitlines())}: .* Close the quotes"):
        load(folder)


def test_names_options_that_become_the_same(folder):
    begin(folder)
    fill(folder, small="Stor", large="Stor")

    (line,) = pizza_faults(folder)
    assert line.endswith(
        ": Pizza.size: in sv, the word 'stor' names two options, 'small' and 'large'."
        " Change the translation of one of them."
    )


def test_finds_labels_of_answers_and_of_parsers(folder):
    (folder / "pizza.py").write_text("""
from bot import END, Flow, ask, parse


class Pizza(Flow):
    kind = ask(
        "Which kind?",
        accept=(
            parse.choice({"thin": ("Thin", "flat"), "deep": "Deep"}),
            parse.multiple_choice({"all": "Everything"}),
        ),
        to=END,
        label="kind of pizza",
    )
""")
    found = {str(each.id): each.auto_comments for each in texts(load(folder))["pizza"]}

    assert found == {
        "Which kind?": ["Pizza.kind: question"],
        "kind of pizza": ["Pizza.kind: what contacts call this answer when they change it"],
        "Thin": ["Pizza.kind: answer"],
        "Deep": ["Pizza.kind: answer"],
        "Everything": ["Pizza.kind: answer"],
    }


def test_wants_nothing_where_there_is_no_language(folder):
    assert list(missing(load(folder))) == []


def test_begins_no_language_that_there_is_none_of(folder):
    with pytest.raises(ConfigError, match="'klingon' is not a language; write a code such as sv"):
        begin(folder, "klingon")


def test_translation_that_replaces_a_text_of_the_framework_is_reported(folder):
    begin(folder)
    fill(folder)
    path = po(folder)
    path.write_text(
        path.read_text(encoding="utf-8") + '\nmsgid "More"\nmsgstr "Läs mer"\n\nmsgid "Back"\n'
        'msgstr "Tillbaka"\n',
        encoding="utf-8",
    )

    (line,) = pizza_faults(folder)
    assert re.search(
        r"pizza\.po:\d+: 'More' is also a text of the bot itself, translated as 'Fler'", line
    )


def test_translation_in_the_frameworks_catalog_of_a_project_counts_for_all_flows(folder):
    begin(folder)
    fill(folder)
    head = po(folder).read_text(encoding="utf-8").partition("#.")[0]
    po(folder, "bot").write_text(f'{head}\nmsgid "More"\nmsgstr "Visa fler"\n', encoding="utf-8")
    pizza = po(folder).read_text(encoding="utf-8")
    po(folder).write_text(f'{pizza}\nmsgid "More"\nmsgstr "Visa fler"\n', encoding="utf-8")

    assert pizza_faults(folder) == []
    assert load(folder).languages.find("sv").gettext("More") == "Visa fler"


def test_translation_of_one_flow_does_not_replace_the_frameworks_text_in_others(folder):
    begin(folder)
    fill(folder)
    pizza = po(folder).read_text(encoding="utf-8")
    po(folder).write_text(f'{pizza}\nmsgid "More"\nmsgstr "Läs mer"\n', encoding="utf-8")

    languages = load(folder).languages
    assert languages.find("sv").gettext("More") == "Fler"
    assert languages.find("sv", f"{languages.package}.pizza").gettext("More") == "Läs mer"
