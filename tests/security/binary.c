/* SPDX-License-Identifier: MIT */
/*
 * What will run with the program's rights is nobody's to change but its user's and root's: neither
 * the file, nor a directory in which it or a link to it is looked up.
 */
#include "handover/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "users.h"

/* A directory of root's with one binary in it, and what is changed of them. */
struct place {
        char directory[64], binary[96], other[96], link[96];
};

static void make_file(const char *path)
{
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
        cr_assert_eq(chmod(path, 0755), 0);
}

static struct place make_place(void)
{
        struct place place = {.directory = "/tmp/ekiden-test-XXXXXX"};

        cr_assert_not_null(mkdtemp(place.directory));
        cr_assert_eq(chmod(place.directory, 0755), 0);
        snprintf(place.binary, sizeof(place.binary), "%s/binary", place.directory);
        snprintf(place.other, sizeof(place.other), "%s/other", place.directory);
        snprintf(place.link, sizeof(place.link), "%s/other/link", place.directory);
        make_file(place.binary);
        cr_assert_eq(mkdir(place.other, 0755), 0);
        cr_assert_eq(symlink(place.binary, place.link), 0);
        return place;
}

static void remove_place(const struct place *place)
{
        unlink(place->link);
        rmdir(place->other);
        unlink(place->binary);
        rmdir(place->directory);
}

static struct ekiden_error error;

static int open_it(const char *path)
{
        int fd = -1, r;

        error = (struct ekiden_error){0};
        r = ek_binary_open(path, &fd, &error);
        if (fd >= 0)
                close(fd);
        cr_assert_eq(r == 0, fd >= 0, "a descriptor comes with success alone");
        return r;
}

static void expect_refused(const char *path, const char *words)
{
        cr_expect_eq(open_it(path), EKIDEN_EPERMISSION, "%s: %s", path, error.sentence);
        cr_expect_not_null(strstr(error.sentence, words), "\"%s\"", error.sentence);
        cr_expect_not_null(strstr(error.sentence, "chmod go-w"), "\"%s\"", error.sentence);
}

Test(binary, of_the_process_s_own_user_is_taken_and_by_a_link_too)
{
        struct place place = make_place();

        cr_expect_eq(open_it(place.binary), 0, "%s", error.sentence);
        cr_expect_eq(open_it(place.link), 0, "%s", error.sentence);
        remove_place(&place);
}

Test(binary, that_others_may_write_is_refused)
{
        struct place place = make_place();

        chmod(place.binary, 0775);
        expect_refused(place.binary, "could change the new binary");
        expect_refused(place.link, "could change the new binary");
        chmod(place.binary, 0757);
        expect_refused(place.binary, "mode 757");
        chmod(place.binary, 0755);
        cr_expect_eq(open_it(place.binary), 0, "%s", error.sentence);
        remove_place(&place);
}

Test(binary, in_a_directory_that_others_may_write_is_refused)
{
        struct place place = make_place();

        chmod(place.directory, 0775);
        expect_refused(place.binary, place.directory);
        expect_refused(place.link, place.directory);
        chmod(place.directory, 01777); /* as /tmp: there they can at least put links */
        expect_refused(place.binary, "replace");
        chmod(place.directory, 0755);
        remove_place(&place);
}

Test(binary, by_a_link_that_others_could_turn_is_refused)
{
        struct place place = make_place();

        chmod(place.other, 0777);
        cr_expect_eq(open_it(place.binary), 0, "%s", error.sentence);
        expect_refused(place.link, place.other);
        chmod(place.other, 0755);
        remove_place(&place);
}

Test(binary, that_links_lead_nowhere_or_in_circles_is_no_binary)
{
        struct place place = make_place();
        char path[128], text[128];

        unlink(place.link);
        cr_assert_eq(symlink("../other/link", place.link), 0);
        cr_expect_eq(open_it(place.link), EKIDEN_EBINARY, "%s", error.sentence);
        unlink(place.link);
        cr_assert_eq(symlink("../binary", place.link), 0);
        cr_expect_eq(open_it(place.link), 0, "%s", error.sentence);
        unlink(place.binary);
        cr_expect_eq(open_it(place.link), EKIDEN_EBINARY, "%s", error.sentence);
        snprintf(path, sizeof(path), "%s/", place.other);
        cr_expect_eq(open_it(path), EKIDEN_EBINARY, "%s", error.sentence);
        cr_expect_eq(open_it(place.other), EKIDEN_EBINARY, "%s", error.sentence);
        snprintf(text, sizeof(text), "%s/none/binary", place.directory);
        cr_expect_eq(open_it(text), EKIDEN_EBINARY, "%s", error.sentence);
        remove_place(&place);
}

Test(binary, that_is_no_executable_is_not_told_to_become_one)
{
        struct place place = make_place();

        chmod(place.binary, 0644);
        cr_expect_eq(open_it(place.binary), EKIDEN_EBINARY);
        cr_expect_not_null(strstr(error.sentence, "name the new binary itself"), "%s",
                           error.sentence);
        remove_place(&place);
}

Test(binary, for_which_no_descriptor_is_left_is_not_to_blame)
{
        struct place place = make_place();
        struct rlimit before, none;

        cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        none = before;
        none.rlim_cur = 0;
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
        cr_expect_eq(open_it(place.binary), EKIDEN_ESYSTEM, "%s", error.sentence);
        cr_expect_eq(error.system_errno, EMFILE);
        setrlimit(RLIMIT_NOFILE, &before);
        remove_place(&place);
}

static int open_in_child(void *path)
{
        error = (struct ekiden_error){0};
        return -open_it(path);
}

Test(binary, of_root_s_is_anybody_s_and_of_another_user_s_nobody_s)
{
        struct place place;

        need_root();
        place = make_place();
        cr_expect_eq(as_user(NOBODY, open_in_child, place.binary), 0);
        cr_assert_eq(chown(place.binary, NOBODY, NOBODY), 0);
        cr_expect_eq(as_user(NOBODY, open_in_child, place.binary), 0);
        cr_expect_eq(as_user(SOMEBODY, open_in_child, place.binary), -EKIDEN_EPERMISSION);
        expect_refused(place.binary, "owner 65534"); /* not root's either */
        remove_place(&place);
}

Test(binary, in_a_directory_of_another_user_is_refused)
{
        struct place place;

        need_root();
        place = make_place();
        cr_assert_eq(chown(place.directory, NOBODY, NOBODY), 0);
        expect_refused(place.binary, place.directory);
        cr_expect_eq(as_user(NOBODY, open_in_child, place.binary), 0);
        cr_expect_eq(as_user(SOMEBODY, open_in_child, place.binary), -EKIDEN_EPERMISSION);
        remove_place(&place);
}
