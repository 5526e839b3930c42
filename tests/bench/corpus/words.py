# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that titles and names are made of, some common and most of them rare, as in real music."""
import random

COMMON = """
love night blue river fire heart dream moon summer winter dance light rain road home song star
sea wind stone shadow gold silver morning evening garden city train mountain island window mirror
paper glass thunder ocean angel devil queen king soldier sailor stranger friend mother brother
children baby lady boy girl woman man time day year hour minute tomorrow yesterday forever never
always again away down under over through between behind before after without inside out
dancing running falling flying crying waiting walking sleeping dreaming burning turning leaving
little big long lonely happy broken wild quiet sweet bitter cold hot dark bright black white red
green yellow purple velvet electric crystal hollow ancient modern secret holy wicked golden
""".split()

CLASSICAL = """
sonata concerto symphony prelude fugue nocturne waltz mazurka etude requiem cantata quartet
allegro adagio andante presto largo scherzo rondo minuet variations overture suite serenade
""".split()

ACCENTED = """
café déjà élan forêt garçon hôtel île jalapeño Köln mañana naïve niño Österreich père São Señor
soirée über vísir Zürich crème Björk Sigur Rós Dvořák Janáček čas žena ångström
""".split()

FOREIGN = ["Времена года", "Белая ночь", "夜に駆ける", "上を向いて歩こう", "Ωδή στη χαρά", "สวัสดี"]

GENRES = """
Rock Pop Jazz Blues Classical Opera Soundtrack Electronic Ambient House Techno Trance Folk Country
Bluegrass Reggae Ska Punk Metal Hardcore Soul Funk Disco Gospel Latin Salsa Tango Flamenco World
Chanson Schlager Audiobook Podcast Children Christmas Hip-Hop R&B Indie Shoegaze Grunge
""".split()

_ONSETS = "b bl br c ch cl d dr f fl g gl gr h j k kr l m n p pr qu r s sh sl st str t th tr v w z"
_VOWELS = "a e i o u ai ea oo ou y"
_CODAS = "- - l m n r s t nd rk st x ck lt mp ng ff"


def _syllable(rng):
    coda = rng.choice(_CODAS.split())
    return rng.choice(_ONSETS.split()) + rng.choice(_VOWELS.split()) + coda.replace("-", "")


def rare_words(rng, count):
    """Words that nobody has used before, of one to three syllables."""
    words = set()
    while len(words) < count:
        words.add("".join(_syllable(rng) for _ in range(rng.choice((1, 2, 2, 3)))))
    return sorted(words)


class Vocabulary:
    """Draws titles and names; the same seed draws the same ones."""

    def __init__(self, rng, n_tracks):
        self.rng = rng
        self.rare = rare_words(random.Random(7), 2000 + n_tracks // 10)

    def word(self):
        chance = self.rng.random()
        if chance < 0.25:
            return self.rng.choice(COMMON)
        if chance < 0.28:
            return self.rng.choice(ACCENTED)
        return self.rng.choice(self.rare)

    def title(self, is_classical=False):
        if self.rng.random() < 0.01:
            return self.rng.choice(FOREIGN)
        words = [self.word() for _ in range(self.rng.choice((1, 2, 2, 3, 3, 4)))]
        if is_classical:
            return f"{self.rng.choice(CLASSICAL).title()} No. {self.rng.randint(1, 40)}: " + " ".join(
                words)
        if self.rng.random() < 0.06:
            words.append(self.rng.choice(("(Live)", "(Remix)", "(Demo)", "Pt. 2", "& More")))
        return " ".join(word[:1].upper() + word[1:] for word in words)

    def artist(self):
        name = " ".join(self.word().title() for _ in range(self.rng.choice((1, 2, 2, 2, 3))))
        return "The " + name + "s" if self.rng.random() < 0.2 else name

    def person(self):
        return self.word().title() + " " + self.word().title()
