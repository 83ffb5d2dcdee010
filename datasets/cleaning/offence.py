"""Slurs and sexual content: nothing of it should be suggested under anybody's photo."""

import regex

# Stems are matched from the start of a word, whole words as they are; so "class", "Dickens" or "Scunthorpe" pass.
STEMS = "fuck motherfuck phuck shit bullsh bitch biatch cunt whore slut nigg nigr faggot wank blowjob handjob porn dildo masturbat orgasm ejaculat jizz erotic retard tranny rapist asshole arsehole dickhead cocksuck pussies twat hentai milf bdsm nympho thot hooker stripper boner horny bollock goddamn onlyfans nazi".split()
WORDS = "fck fuk fuq fuckin wtf stfu gtfo lmfao af fag fags dyke dykes coon coons spic spics chink chinks kike kikes gook gooks paki pakis dick dicks cock cocks pussy tit tits titties titty boob boobs boobies nude nudes naked nsfw sex sexed sexual sexually sext sexting xxx cum cumming anal anus arse ass asses bastard bastards damn hoe hoes hoez tramp rape raped raping jackass dumbass badass smd blow-job booty-call thicc nipple nipples vagina penis clit orgy topless twerk kinky fetish panties thong weed stoned coke cocaine heroin meth kill suicide hitler".split()
ALLOWED = "shitake shiitake wankel niggle niggl retardant".split()
OFFENCE = regex.compile(
    rf"(?i)(?<!\p{{L}})(?!(?:{'|'.join(ALLOWED)}))(?:(?:{'|'.join(STEMS)})\p{{L}}*|(?:{'|'.join(WORDS)})(?!['’]?\p{{L}}))"
)
MASKED = regex.compile(
    r"(?i)(?<!\w)(?:f[*@#$!.u_-]{1,3}c?k(?:ing?|ed|er|s)?|s[h*][*!1i@]t|b[*!1i][*t]ch(?:es)?|a[$*]{2}|a\$s|n[*!1i]gg?[*a4]s?|d[*!]ck|p[*]ssy)(?!\w)"
)
INITIALS = {"Dick": regex.compile(r"\bDick['’]s\b")}


def offensive(text: str) -> bool:
    """The text holds a slur, a swear word or a sexual term."""
    if any(name in text for name in INITIALS):
        for name, allowed in INITIALS.items():
            text = allowed.sub(f"{name[0]}.", text)
    return OFFENCE.search(text) is not None or MASKED.search(text) is not None
