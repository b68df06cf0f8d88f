/* The IDX reader, on plain and on gzipped files.
 *
 * Input: one byte, of which bits 0..2 are the number of axes asked for and bits 3..4 say what the
 * rest is: 0 the file; 1 what is gzipped to make the file; 2 and 3 likewise, after two bytes that
 * say where the gzip file is cut (2) or which of its bits is flipped (3). Random bytes would hardly
 * ever be a gzip file with a right CRC.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "data/idx.h"
#include "fuzz.h"

enum { PLAIN, PACKED, CUT, FLIPPED };

/* What the file holds; bytes [size] come from malloc. */
struct content {
    bool is_whole; /* false: damaged gzip */
    size_t size;
    uint8_t *byte;
};

static void need_zlib(bool holds)
{
    fuzz_need(holds, "zlib has failed in the target itself");
}

static void append(struct content *content, const uint8_t *byte, size_t size)
{
    if (size == 0)
        return;
    content->byte = realloc(content->byte, content->size + size);
    need_zlib(content->byte);
    memcpy(content->byte + content->size, byte, size);
    content->size += size;
}

/* One gzip member; returns the number of bytes it takes, 0 when it is damaged. */
static size_t unpack_member(struct content *content, const uint8_t *data, size_t size)
{
    uint8_t piece[1 << 14];
    z_stream stream = {.next_in = (uint8_t *)data, .avail_in = (unsigned)size};
    need_zlib(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
    int code = Z_OK;
    while (code == Z_OK) {
        stream.next_out = piece;
        stream.avail_out = sizeof piece;
        code = inflate(&stream, Z_NO_FLUSH);
        append(content, piece, sizeof piece - stream.avail_out);
    }
    const size_t used = size - stream.avail_in;
    inflateEnd(&stream);
    return code == Z_STREAM_END ? used : 0;
}

static bool is_gzip(const uint8_t *data, size_t size)
{
    return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/* The twin of gzread: members one after the other, then anything that is none. */
static struct content unpack(const uint8_t *data, size_t size)
{
    struct content content = {.is_whole = true};
    if (!is_gzip(data, size))
        append(&content, data, size);
    while (content.is_whole && is_gzip(data, size)) {
        const size_t used = unpack_member(&content, data, size);
        content.is_whole = used > 0;
        data += used;
        size -= used;
    }
    return content;
}

/* The twin of the reader: is the content an IDX file of so many axes? */
static bool is_idx(const struct content *content, int axes, size_t length[4])
{
    const uint8_t *b = content->byte;
    if (!content->is_whole || axes < 1 || axes > 4 || content->size < 4 + 4 * (size_t)axes)
        return false;
    if (b[0] || b[1] || b[2] != 8 || b[3] != axes)
        return false;
    unsigned __int128 bytes = 1;
    for (int a = 0; a < axes; a++) {
        const uint8_t *p = b + 4 + 4 * a;
        length[a] = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | (size_t)p[3];
        bytes *= length[a];
    }
    /* With a length of 0 in it a file may hold no bytes although its other lengths are absurd;
     * whether the reader takes that is not told: it sees the lengths in their order. */
    return content->size - 4 - 4 * (size_t)axes == bytes;
}

/* gzip of the bytes, in memory from malloc. */
static uint8_t *pack(const uint8_t *data, size_t size, size_t *packed)
{
    z_stream stream = {0};
    need_zlib(deflateInit2(&stream, 1, Z_DEFLATED, 16 + 9, 1, Z_DEFAULT_STRATEGY) == Z_OK);
    const size_t room = deflateBound(&stream, size);
    uint8_t *out = malloc(room);
    need_zlib(out);
    stream.next_in = (uint8_t *)data;
    stream.avail_in = (unsigned)size;
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    need_zlib(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    *packed = stream.total_out;
    deflateEnd(&stream);
    return out;
}

static void check(const uint8_t *data, size_t size, int axes)
{
    static struct fuzz_file file;
    if (!file.path[0])
        fuzz_file_create(&file);
    fuzz_file_fill(&file, data, size);
    struct content content = unpack(data, size);
    size_t length[4] = {0};
    const bool is_right = is_idx(&content, axes, length);

    struct idx idx;
    struct error err;
    fuzz_clear(&err);
    if (idx_read(&idx, file.path, axes, &err)) {
        fuzz_need(is_right && idx.axes == axes, "accepted, but the twin refuses it");
        for (int a = 0; a < axes; a++)
            fuzz_need(idx.length[a] == length[a], "axis %d: %zu, not %zu", a, idx.length[a],
                      length[a]);
        const size_t head = 4 + 4 * (size_t)axes;
        fuzz_need(memcmp(idx.data, content.byte + head, content.size - head) == 0,
                  "other bytes than the twin's");
        mem_free(idx.data);
    } else {
        fuzz_need_line(&err);
        fuzz_need(!is_right || strstr(err.text, "absurd size"), "refused: %s", err.text);
    }
    fuzz_need_no_blocks();
    free(content.byte);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, size};
    const uint8_t first = fuzz_take(&bytes);
    const int axes = first & 7, kind = first >> 3 & 3;
    if (kind == PLAIN) {
        check(bytes.data, bytes.left, axes);
        return 0;
    }
    const size_t where = kind == PACKED ? 0 : fuzz_take_number(&bytes, 2);
    size_t packed;
    uint8_t *file = pack(bytes.data, bytes.left, &packed);
    if (kind == CUT)
        packed = where % packed;
    if (kind == FLIPPED)
        file[where / 8 % packed] ^= (uint8_t)(1 << where % 8);
    check(file, packed, axes);
    free(file);
    return 0;
}
