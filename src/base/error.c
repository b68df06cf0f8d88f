#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Three or four bytes that are no character: longer than needed, halves of pairs, beyond U+10FFFF;
 * nor the two that XML forbids, U+FFFE and U+FFFF. */
static bool is_forbidden(const unsigned char *text)
{
    return (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
           (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F) ||
           (text[0] == 0xEF && text[1] == 0xBF && text[2] > 0xBD);
}

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
    return n > 2 && is_forbidden(text) ? 0 : n;
}

/* Codes that move the cursor or change the terminal: below 0x20, 0x7F, and U+0080..U+009F. */
static bool is_control(const unsigned char *text)
{
    return text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && text[1] < 0xA0);
}

void error_clean(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c;) {
        const size_t n = character_bytes(c);
        if (n == 0) {
            *c++ = '?';
            continue;
        }
        if (is_control(c))
            memset(c, '?', n);
        c += n;
    }
}

/* Messages quote files and command lines, perhaps cut inside a character: one line of UTF-8. */
static void print(struct error *err, bool is_environment, const char *format, va_list args)
{
    vsnprintf(err->text, sizeof err->text, format, args);
    error_clean(err->text);
    err->is_environment = is_environment;
}

bool error_set(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print(err, false, format, args);
    va_end(args);
    return false;
}

bool error_set_environment(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print(err, true, format, args);
    va_end(args);
    return false;
}

int error_status(const struct error *err)
{
    return err->is_environment ? ERROR_STATUS_ENVIRONMENT : ERROR_STATUS_USER;
}
