# SPDX-License-Identifier: GPL-3.0-or-later
"""Drawn covers and landscapes, so that a demo library looks like somebody's and belongs to nobody."""

import colorsys
import math
import random

import cairo

# Pairs of hues that go together: the ground's and the figure's, as parts of the circle.
HUES = ((.60, .08), (.95, .10), (.47, .13), (.73, .55), (.03, .12), (.33, .16), (.56, .92), (.83, .05),
        (.12, .62), (.42, .97), (.66, .50), (.08, .58))
SANS, SERIF = "Cantarell", "DejaVu Serif"


def rgb(hue, saturation, value):
    return colorsys.hsv_to_rgb(hue % 1, saturation, value)


def mix(one, other, part):
    return tuple(a + (b - a) * part for a, b in zip(one, other))


def ground(draw, size, top, bottom, angle=.5 * math.pi):
    pattern = cairo.LinearGradient(0, 0, size * math.cos(angle), size * math.sin(angle))
    pattern.add_color_stop_rgb(0, *top)
    pattern.add_color_stop_rgb(1, *bottom)
    draw.set_source(pattern)
    draw.paint()


# ---- Figures of covers ----

def rings(draw, size, random_, color):
    x, y = size * random_.uniform(.3, .7), size * random_.uniform(.3, .6)
    draw.set_line_width(size * random_.choice((.012, .025, .04)))
    for number in range(random_.randint(4, 9)):
        draw.set_source_rgba(*color, .9 - number * .08)
        draw.arc(x, y, size * (.06 + number * random_.uniform(.055, .06)), 0, 2 * math.pi)
        draw.stroke()


def sun(draw, size, random_, color):
    draw.set_source_rgb(*color)
    draw.arc(size / 2, size * .46, size * random_.uniform(.2, .32), 0, 2 * math.pi)
    draw.fill()
    for number in range(6):
        draw.set_source_rgba(0, 0, 0, .18)
        draw.rectangle(0, size * (.5 + number * .05), size, size * .008 * (number + 1))
        draw.fill()


def hills(draw, size, random_, color):
    draw.set_source_rgb(*mix(color, (1, 1, 1), .5))
    draw.arc(size * random_.uniform(.25, .75), size * .3, size * .1, 0, 2 * math.pi)
    draw.fill()
    for layer in range(4):
        draw.set_source_rgba(*mix(color, (0, 0, 0), .2 + layer * .2), .92)
        ridge(draw, size, size, size * (.5 + layer * .12), size * .09, random_)
        draw.fill()


def stripes(draw, size, random_, color):
    n = random_.randint(5, 11)
    draw.translate(size / 2, size / 2)
    draw.rotate(random_.choice((0, .5, .25, -.25)) * math.pi)
    for number in range(n):
        draw.set_source_rgba(*color, random_.uniform(.15, .95))
        draw.rectangle(-size, size * (2 * number / n - 1), 2 * size, size * random_.uniform(.3, 1.4) / n)
        draw.fill()
    draw.identity_matrix()


def discs(draw, size, random_, color):
    for _ in range(random_.randint(3, 6)):
        draw.set_source_rgba(*mix(color, rgb(random_.random(), .5, .95), .3), .55)
        draw.arc(size * random_.uniform(.1, .9), size * random_.uniform(.1, .8), size * random_.uniform(.1, .3), 0,
                 2 * math.pi)
        draw.fill()


def tiles(draw, size, random_, color):
    n = random_.choice((4, 5, 6))
    step = size / n
    for x in range(n):
        for y in range(n):
            draw.set_source_rgba(*color, random_.choice((.1, .35, .7, .95)))
            draw.move_to(x * step, y * step)
            turn = random_.randrange(4) * math.pi / 2
            draw.save()
            draw.translate((x + .5) * step, (y + .5) * step)
            draw.rotate(turn)
            draw.move_to(-step / 2, -step / 2)
            draw.arc(-step / 2, -step / 2, step, 0, math.pi / 2)
            draw.close_path()
            draw.fill()
            draw.restore()


def waves(draw, size, random_, color):
    draw.set_line_width(size * .008)
    for line in range(22):
        draw.set_source_rgba(*color, .25 + line * .03)
        draw.move_to(0, size * .3)
        for step in range(41):
            x = step / 40
            swell = math.exp(-((x - .5) * 5) ** 2) * random_.uniform(.4, 1)
            draw.line_to(x * size, size * (.24 + line * .028 - swell * .12))
        draw.stroke()


FIGURES = (rings, sun, hills, stripes, discs, tiles, waves)


def write_fitting(draw, text, face, weight, points, x, y, width):
    draw.select_font_face(face, cairo.FONT_SLANT_NORMAL, weight)
    draw.set_font_size(points)
    extents = draw.text_extents(text)
    if extents.width > width:
        draw.set_font_size(points * width / extents.width)
    draw.move_to(x, y)
    draw.show_text(text)


def cover(path, title, artist, size=440):
    """A square cover of this album, the same each time, as PNG."""
    random_ = random.Random(title + artist)
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, size, size)
    draw = cairo.Context(surface)
    one, other = random_.choice(HUES)
    is_light = random_.random() < .35
    top = rgb(one, .25 if is_light else .65, .95 if is_light else .4)
    ground(draw, size, top, mix(top, rgb(one + .08, .7, .2 if not is_light else .8), .7), random_.uniform(.3, .7) * math.pi)
    figure = random_.choice(FIGURES)
    figure(draw, size, random_, rgb(other, .72, .85 if is_light else .95))
    draw.set_source_rgb(*((.1, .1, .15) if is_light and figure is not hills else (1, 1, 1)))
    face = random_.choice((SANS, SERIF))
    margin = size * .07
    at_top = random_.random() < .4 and not (is_light and figure is hills)
    y = size * (.14 if at_top else .87)
    write_fitting(draw, title.upper() if random_.random() < .4 else title, face, cairo.FONT_WEIGHT_BOLD,
                  size * .085, margin, y, size - 2 * margin)
    write_fitting(draw, artist, SANS, cairo.FONT_WEIGHT_NORMAL, size * .05, margin, y + size * .07, size - 2 * margin)
    surface.write_to_png(path)


# ---- Landscapes ----

def ridge(draw, width, height, y, roughness, random_):
    """A line of hills from left to right, closed below."""
    phases = [(random_.uniform(.5, 2.5) * n, random_.uniform(0, 6), 1 / n) for n in (1, 2, 4, 7)]
    draw.move_to(0, height)
    for step in range(121):
        x = step / 120
        rise = sum(math.sin(x * 2 * math.pi * speed + phase) * part for speed, phase, part in phases)
        draw.line_to(x * width, y - rise * roughness)
    draw.line_to(width, height)
    draw.close_path()


def landscape(path, seed, width=1600, height=1200):
    """Hills under a sky, as PNG."""
    random_ = random.Random(seed)
    surface = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
    draw = cairo.Context(surface)
    hue, warm = random_.choice(((.58, .10), (.55, .13), (.05, .09), (.92, .07), (.62, .95), (.52, .14)))
    low = rgb(warm, .35, 1)
    ground(draw, height, rgb(hue, .55, .85), low)
    sun_x, sun_y = width * random_.uniform(.2, .8), height * random_.uniform(.2, .45)
    glow = cairo.RadialGradient(sun_x, sun_y, 0, sun_x, sun_y, height * .35)
    glow.add_color_stop_rgba(0, 1, 1, .92, 1)
    glow.add_color_stop_rgba(.13, 1, 1, .9, .95)
    glow.add_color_stop_rgba(.15, 1, .95, .8, .4)
    glow.add_color_stop_rgba(1, 1, .9, .7, 0)
    draw.set_source(glow)
    draw.paint()
    near = rgb(hue + random_.choice((-.25, .05, -.12)), .6, .16)
    for layer in range(6):
        draw.set_source_rgb(*mix(mix(low, rgb(hue, .4, .6), .5), near, (layer + .5) / 6))
        ridge(draw, width, height, height * (.48 + layer * .085), height * (.03 + .008 * layer), random_)
        draw.fill()
    if random_.random() < .4:  # a lake in front
        draw.set_source_rgba(*mix(low, (1, 1, 1), .3), .55)
        draw.rectangle(0, height * .87, width, height * .13)
        draw.fill()
    surface.write_to_png(path)
