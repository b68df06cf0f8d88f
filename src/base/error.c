#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 character at `text`; 0 if there is none. */
static size_t character_bytes(const unsigned char *text)
{
    const size_t n = text[0] < 0x80   ? 1
                     : text[0] < 0xC2 ? 0
                     : text[0] < 0xE0 ? 2
                     : text[0] < 0xF0 ? 3
                     : text[0] < 0xF5 ? 4
                                      : 0;
    for (size_t i = 1; i < n; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

/* Codes that move the cursor or change the terminal: below 0x20, 0x7F, and U+0080..U+009F. */
static bool is_control(const unsigned char *text)
{
    return text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && text[1] < 0xA0);
}

/* Messages quote files and command lines, perhaps cut inside a character: one line of UTF-8. */
static void make_printable(unsigned char *text)
{
    while (*text) {
        const size_t n = character_bytes(text);
        if (n == 0) {
            *text++ = '?';
            continue;
        }
        if (is_control(text))
            memset(text, '?', n);
        text += n;
    }
}

bool error_set(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    make_printable((unsigned char *)err->text);
    return false;
}
