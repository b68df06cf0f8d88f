#include "table/text.h"

#include <string.h>

size_t text_width(const char *text, size_t bytes)
{
    size_t width = 0;
    for (size_t i = 0; i < bytes; i++)
        width += ((unsigned char)text[i] & 0xC0) != 0x80; /* continuation bytes take no column */
    return width;
}

size_t text_wrap(const char **text, size_t width, const char **start)
{
    *start = *text + strspn(*text, " ");
    size_t bytes = 0;
    for (;;) {
        const size_t space = strspn(*start + bytes, " ");
        const size_t end = bytes + space + strcspn(*start + bytes + space, " ");
        if (end == bytes + space || (bytes > 0 && text_width(*start, end) > width))
            break;
        bytes = end;
    }
    *text = *start + bytes;
    return bytes;
}

void text_line_put(struct text_line *line, const char *text, size_t bytes)
{
    if (bytes == 0)
        return;
    fprintf(line->out, "%*s%.*s", (int)line->blanks, "", (int)bytes, text);
    line->blanks = 0;
}

void text_line_end(struct text_line *line)
{
    fputc('\n', line->out);
    line->blanks = 0;
}

void text_put_markdown(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\|*_<`[~&", *text))
            fputc('\\', out);
        fputc(*text, out);
    }
}

void text_put_html(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*text, out);
        }
}

static const char *latex_escape(char c)
{
    switch (c) {
    case '\\':
        return "\\textbackslash{}";
    case '^':
        return "\\textasciicircum{}";
    case '~':
        return "\\textasciitilde{}";
    case '<':
        return "\\textless{}";
    case '>':
        return "\\textgreater{}";
    case '|':
        return "\\textbar{}";
    default:
        return NULL;
    }
}

void text_put_latex(FILE *out, const char *text)
{
    for (; *text; text++) {
        const char *escape = latex_escape(*text);
        if (escape)
            fputs(escape, out);
        else
            fprintf(out, "%s%c", strchr("{}$&#%_", *text) ? "\\" : "", *text);
    }
}

void text_put_csv(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++)
        fprintf(out, "%s%c", *text == '"' ? "\"" : "", *text);
    fputc('"', out);
}
