#include "desk/foreign/chatput.h"

#include <string.h>

#include "base/times.h"

static void from(struct cn_buf *b, const struct cn_chat_line *l)
{
	cn_json_key(b, "from");
	cn_buf_ch(b, '{');
	if (l->name != NULL && l->name[0] != '\0')
		cn_json_kv(b, "name", l->name);
	if (l->address != NULL)
		cn_json_kv(b, "address", l->address);
	else if (l->phone != NULL)
		cn_json_kv(b, "phone", l->phone);
	else
		cn_json_kv(b, "handle", l->handle);
	cn_buf_ch(b, '}');
}

static void attachments(struct cn_buf *b, const struct cn_chat_line *l)
{
	size_t i;

	cn_json_key(b, "attachments");
	cn_buf_ch(b, '[');
	for (i = 0; i < l->nattachments; i++) {
		const struct cn_attachment *a = &l->attachments[i];

		cn_buf_str(b, i ? ",{" : "{");
		cn_json_kv(b, "name", a->name ? a->name : "");
		cn_json_kv(b, "type", a->type ? a->type :
		    "application/octet-stream");
		cn_json_kvi(b, "size", a->size);
		cn_buf_ch(b, '}');
	}
	cn_buf_ch(b, ']');
}

void cn_chat_put(struct cn_buf *b, const struct cn_chat_line *l)
{
	char t[CN_TIME_LEN];

	cn_buf_str(b, "{\"v\":1,\"type\":\"chat\"");
	cn_json_kv(b, "chat", l->chat);
	if (l->uid != NULL)
		cn_json_kv(b, "uid", l->uid);
	cn_json_kv(b, "at", cn_time_fmt(t, l->at));
	from(b, l);
	if (l->claimed != NULL && l->claimed[0] != '\0')
		cn_json_kv(b, "claimed", l->claimed);
	cn_json_kv(b, "role", l->role);
	if (l->text != NULL && l->text[0] != '\0')
		cn_json_kv(b, "text", l->text);
	if (l->nattachments > 0)
		attachments(b, l);
	if (l->device.n > 0) {
		cn_json_key(b, "device");
		cn_buf_add(b, l->device.p, l->device.n);
	}
	cn_buf_ch(b, '}');
}

void cn_chat_compact(struct cn_buf *b, struct cn_str json)
{
	bool text = false;
	size_t i;

	for (i = 0; i < json.n; i++) {
		char c = json.p[i];

		if (!text && strchr(" \t\r\n", c) != NULL)
			continue;
		cn_buf_ch(b, c);
		if (text && c == '\\')
			cn_buf_ch(b, json.p[++i]);
		else if (c == '"')
			text = !text;
	}
}
