/* SPDX-License-Identifier: MIT */
/* The libuv attachment: a poll handle on ekiden_poll_descriptor(), whose callback only wakes. */
#include <ekiden/uv.h>

#include <stdlib.h>

#include <ekiden/update_point.h>

static uv_poll_t *attachment;

static void on_readable(uv_poll_t *handle, int status, int events)
{
        (void)handle;
        (void)status;
        (void)events;
        ekiden_wake();
}

static void on_closed(uv_handle_t *handle)
{
        free(handle);
}

int ekiden_uv_attach(uv_loop_t *loop)
{
        int descriptor = ekiden_poll_descriptor();
        uv_poll_t *handle;

        if (descriptor < 0 || attachment)
                return descriptor < 0 ? descriptor : EKIDEN_ESTATE;
        handle = malloc(sizeof(*handle));
        if (!handle)
                return EKIDEN_ENOMEM;
        if (uv_poll_init(loop, handle, descriptor) < 0) {
                free(handle);
                return EKIDEN_ESYSTEM;
        }
        if (uv_poll_start(handle, UV_READABLE, on_readable) < 0) {
                uv_close((uv_handle_t *)handle, on_closed);
                return EKIDEN_ESYSTEM;
        }
        uv_unref((uv_handle_t *)handle);
        attachment = handle;
        return 0;
}

int ekiden_uv_after_fork(uv_loop_t *loop)
{
        bool goes_on = attachment && attachment->loop == loop;

        /* A handle in a loop that does not go on is left alone: whatever is done to it, the parent
           would feel. */
        if (goes_on && uv_loop_fork(loop) < 0)
                return EKIDEN_ESYSTEM;
        if (goes_on)
                uv_close((uv_handle_t *)attachment, on_closed);
        attachment = NULL;
        return ekiden_uv_attach(loop);
}

void ekiden_uv_detach(void)
{
        if (!attachment)
                return;
        uv_close((uv_handle_t *)attachment, on_closed);
        attachment = NULL;
}
