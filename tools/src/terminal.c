/* SPDX-License-Identifier: MIT */
/* See terminal.h. The sequences are of ECMA-48: EL (erase in line) and SGR (colours). */
#include "terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ERASE_LINE "\r\033[K"

void terminal_init(struct terminal *terminal, FILE *out)
{
        const char *type = getenv("TERM");
        const char *no_colour = getenv("NO_COLOR");

        *terminal = (struct terminal){.out = out};
        terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
        terminal->live = isatty(fileno(out)) && type && type[0] && strcmp(type, "dumb") != 0;
        terminal->colours = terminal->live && !(no_colour && no_colour[0]);
}

enum text_allowed terminal_allowed(const struct terminal *terminal)
{
        return terminal->utf8 ? TEXT_PRINTABLE : TEXT_ASCII;
}

size_t terminal_columns(const struct terminal *terminal)
{
        struct winsize size;

        if (ioctl(fileno(terminal->out), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return 80;
        return size.ws_col;
}

void terminal_draw(struct terminal *terminal, const char *line)
{
        /* The last column stays free: a cursor behind it wraps on some terminals. */
        size_t columns = terminal_columns(terminal) - 1;

        fprintf(terminal->out, ERASE_LINE "%.*s", (int)text_fitting(line, columns), line);
        fflush(terminal->out);
        terminal->drawn = true;
}

void terminal_finish(struct terminal *terminal, const char *line)
{
        fprintf(terminal->out, ERASE_LINE "%s\n", line);
        fflush(terminal->out);
        terminal->drawn = false;
}

void terminal_clear(struct terminal *terminal)
{
        if (!terminal->drawn)
                return;
        fputs(ERASE_LINE, terminal->out);
        fflush(terminal->out);
        terminal->drawn = false;
}

void terminal_print_wrapped(const struct terminal *terminal, const char *text, size_t indent)
{
        size_t columns = terminal_columns(terminal);
        size_t room = columns > indent + 20 ? columns - indent : 20;

        for (;;) {
                size_t length = terminal->live ? text_fitting(text, room) : strlen(text);
                size_t cut = length;

                while (text[length] && cut > 0 && text[cut] != ' ')
                        cut--;
                if (cut == 0)
                        cut = length; /* a word that is longer than a line */
                fprintf(terminal->out, "%.*s\n", (int)cut, text);
                text += cut + (text[cut] == ' ');
                if (!*text)
                        return;
                fprintf(terminal->out, "%*s", (int)indent, "");
        }
}

void terminal_print_part(const struct terminal *terminal, const char *text, size_t indent,
                         size_t *at)
{
        size_t length = text_columns(text);

        if (terminal->live && *at > indent && *at + 2 + length > terminal_columns(terminal)) {
                fprintf(terminal->out, "\n%*s%s", (int)indent, "", text);
                *at = indent + length;
        } else {
                fprintf(terminal->out, "  %s", text);
                *at += 2 + length;
        }
}

const char *terminal_red(const struct terminal *terminal)
{
        return terminal->colours ? "\033[31m" : "";
}

const char *terminal_green(const struct terminal *terminal)
{
        return terminal->colours ? "\033[32m" : "";
}

const char *terminal_plain(const struct terminal *terminal)
{
        return terminal->colours ? "\033[0m" : "";
}
