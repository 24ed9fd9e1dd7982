/*
 * cachefs DIRECTORY MOUNTPOINT seconds=S,delay=MIN-MAX,lost=P QUICK…
 *
 * Shows DIRECTORY at MOUNTPOINT as an NFS client shows a server's: one such process for each host, each with caches of its
 * own, over the same directory. What NFS does not promise is not there either:
 *
 *  - Names, names that are not there, attributes and listings may be S seconds old (a listing also where NFS, on opendir(),
 *    would ask whether it still holds). What this host changes itself, it sees.
 *  - Close-to-open: open() asks for the attributes again and drops cached pages. What is written is on the server after
 *    close() or fsync(), and before it only by chance.
 *  - A file that another host removed or replaced is ESTALE for those who have it open.
 *  - Appends are writes at the size that this host knows; locks are this host's own; renames know no flags.
 *  - link, mkdir, symlink, rename, unlink and rmdir happen on the server, all or nothing, one after another. With the
 *    probability P their answer is lost: asked again, the server says that the name is there, or not there any more.
 *  - Each of these, and each look-up, open and question for attributes, takes MIN to MAX milliseconds, one part of which
 *    passes before it happens on the server and the rest after.
 *
 * In what is below DIRECTORY/QUICK nothing takes time and no answer is lost: for the many files of a copy of a root, which
 * would take hours.
 *
 * The kernel keeps names and attributes, as it does for NFS, for as long as we say; the listings and what is not written
 * yet are kept here.
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

struct name {
	char *name;
	struct stat attr;
};

/* A listing, as of a moment. */
struct listing {
	int refs;
	double at;
	size_t count;
	struct name *names;
};

/* A write that the server has not seen. */
struct write {
	struct write *next;
	int fd;
	off_t offset;
	size_t size;
	char data[];
};

struct inode {
	struct inode *next;
	int fd; /* O_PATH; while it is open, the number of the file is not given to another */
	dev_t dev;
	ino_t ino;
	unsigned long lookups;
	bool quick; /* below one of those */
	bool removed_here; /* which NFS hides from those who have it open */

	pthread_mutex_t lock; /* of what follows */
	struct listing *listing;
	unsigned long changes; /* to this directory, by this host */
	struct write *first, **last;
	size_t unwritten;
	double oldest;
	int failed; /* of what was written, for the next close() or fsync() */
};

static double seconds = 3, delay_min = 0, delay_max = 0, lost = 0;
static struct fuse_session *session;
static int proc; /* /proc/self/fd: the way from an O_PATH descriptor to the file */
static char **quick; /* names in the root, NULL at their end */
static struct inode root = {.lookups = 2, .lock = PTHREAD_MUTEX_INITIALIZER};

enum { BUCKETS = 4096 };
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct inode *table[BUCKETS];

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double chance(void) { return random() / (RAND_MAX + 1.0); }

static void rest(double milliseconds)
{
	if (milliseconds > 0)
		usleep(milliseconds * 1000);
}

/* The way of a question to the server. Returns how long the way back takes; negative: none of it is to be felt. */
static double ask(struct inode *about)
{
	if (about->quick)
		return -1;
	double all = delay_min + chance() * (delay_max - delay_min), there = chance() * all;
	rest(there);
	return all - there;
}

static struct inode *inode_of(fuse_ino_t ino) { return ino == FUSE_ROOT_ID ? &root : (struct inode *)ino; }

static fuse_ino_t ino_of(struct inode *inode) { return inode == &root ? FUSE_ROOT_ID : (fuse_ino_t)inode; }

static struct inode **bucket(dev_t dev, ino_t ino) { return &table[(ino * 31 + dev) % BUCKETS]; }

/* With the table's lock. */
static struct inode *find(dev_t dev, ino_t ino)
{
	struct inode *each = *bucket(dev, ino);
	while (each && (each->ino != ino || each->dev != dev))
		each = each->next;
	return each;
}

static int attributes(int fd, struct stat *attr) { return fstatat(fd, "", attr, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) ? errno : 0; }

/* Lets the server have what was written. */
static void settle(struct inode *inode)
{
	int error = 0;
	pthread_mutex_lock(&inode->lock);
	for (struct write *each = inode->first, *next; each; each = next) {
		for (size_t done = 0; !error && done < each->size;) {
			ssize_t n = pwrite(each->fd, each->data + done, each->size - done, each->offset + done);
			if (n < 0)
				error = errno;
			else
				done += n;
		}
		next = each->next;
		close(each->fd);
		free(each);
	}
	inode->first = NULL;
	inode->last = &inode->first;
	inode->unwritten = 0;
	if (error)
		inode->failed = error;
	pthread_mutex_unlock(&inode->lock);
}

static void release_listing(struct listing *listing)
{
	if (listing && __atomic_sub_fetch(&listing->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		for (size_t i = 0; i < listing->count; i++)
			free(listing->names[i].name);
		free(listing->names);
		free(listing);
	}
}

/* This host changed something in the directory: it sees that. */
static void changed(struct inode *directory)
{
	pthread_mutex_lock(&directory->lock);
	directory->changes++;
	release_listing(directory->listing);
	directory->listing = NULL;
	pthread_mutex_unlock(&directory->lock);
}

static void forget(struct inode *inode, unsigned long count)
{
	pthread_mutex_lock(&table_lock);
	bool gone = (inode->lookups -= count) == 0 && inode != &root;
	if (gone) {
		struct inode **at = bucket(inode->dev, inode->ino);
		while (*at != inode)
			at = &(*at)->next;
		*at = inode->next;
	}
	pthread_mutex_unlock(&table_lock);
	if (!gone)
		return;
	settle(inode);
	release_listing(inode->listing);
	close(inode->fd);
	pthread_mutex_destroy(&inode->lock);
	free(inode);
}

static bool is_quick(struct inode *parent, const char *name)
{
	char **each = quick;
	if (parent != &root)
		return parent->quick;
	while (*each && strcmp(*each, name))
		each++;
	return *each != NULL;
}

static int entry(struct inode *parent, const char *name, struct fuse_entry_param *e)
{
	memset(e, 0, sizeof *e);
	e->attr_timeout = e->entry_timeout = seconds;
	int fd = openat(parent->fd, name, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return errno;
	int error = attributes(fd, &e->attr);
	if (error) {
		close(fd);
		return error;
	}
	pthread_mutex_lock(&table_lock);
	struct inode *inode = find(e->attr.st_dev, e->attr.st_ino);
	if (inode) {
		close(fd);
		inode->lookups++;
	} else if ((inode = calloc(1, sizeof *inode))) {
		struct inode **at = bucket(e->attr.st_dev, e->attr.st_ino);
		*inode = (struct inode){.next = *at, .fd = fd, .dev = e->attr.st_dev, .ino = e->attr.st_ino, .lookups = 1};
		inode->quick = is_quick(parent, name);
		inode->last = &inode->first;
		pthread_mutex_init(&inode->lock, NULL);
		*at = inode;
	}
	pthread_mutex_unlock(&table_lock);
	if (!inode) {
		close(fd);
		return ENOMEM;
	}
	e->ino = ino_of(inode);
	settle(inode);
	return attributes(inode->fd, &e->attr);
}

/* The answer to a question that the server has answered with `error`, if that answer is not lost. */
static int answer(int error, int again, double back)
{
	rest(back);
	return error == 0 && back >= 0 && chance() < lost ? again : error;
}

/* Replies to a question that made a name, or did not. */
static void reply_made(fuse_req_t req, struct inode *parent, const char *name, int error, double back)
{
	struct fuse_entry_param e;
	if (!error)
		error = entry(parent, name, &e);
	int told = answer(error, EEXIST, back);
	if (told) {
		if (!error)
			forget(inode_of(e.ino), 1);
		fuse_reply_err(req, told);
	} else if (fuse_reply_entry(req, &e) == -ENOENT) {
		forget(inode_of(e.ino), 1);
	}
}

static void op_init(void *data, struct fuse_conn_info *conn)
{
	(void)data;
	conn->want &= ~FUSE_CAP_HANDLE_KILLPRIV;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	double back = ask(inode_of(parent));
	struct fuse_entry_param e;
	int error = entry(inode_of(parent), name, &e);
	rest(back);
	if (error == ENOENT) {
		e.ino = 0;
		fuse_reply_entry(req, &e);
	} else if (error) {
		fuse_reply_err(req, error);
	} else if (fuse_reply_entry(req, &e) == -ENOENT) {
		forget(inode_of(e.ino), 1);
	}
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	forget(inode_of(ino), count);
	fuse_reply_none(req);
}

static int current(struct inode *inode, struct stat *attr)
{
	settle(inode);
	int error = attributes(inode->fd, attr);
	return error ? error : attr->st_nlink == 0 && !inode->removed_here ? ESTALE : 0;
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	struct stat attr;
	double back = ask(inode_of(ino));
	int error = current(inode_of(ino), &attr);
	rest(back);
	if (error)
		fuse_reply_err(req, error);
	else
		fuse_reply_attr(req, &attr, seconds);
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *to, int set, struct fuse_file_info *fi)
{
	(void)fi;
	struct inode *inode = inode_of(ino);
	char link[64];
	snprintf(link, sizeof link, "%d", inode->fd);
	double back = ask(inode);
	struct stat attr;
	int error = current(inode, &attr);
	if (!error && set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) {
		uid_t uid = set & FUSE_SET_ATTR_UID ? to->st_uid : (uid_t)-1;
		gid_t gid = set & FUSE_SET_ATTR_GID ? to->st_gid : (gid_t)-1;
		if (fchownat(inode->fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
			error = errno;
	}
	if (!error && set & FUSE_SET_ATTR_MODE && fchmodat(proc, link, to->st_mode, 0))
		error = errno;
	if (!error && set & FUSE_SET_ATTR_SIZE) {
		int fd = openat(proc, link, O_WRONLY);
		if (fd < 0 || ftruncate(fd, to->st_size))
			error = errno;
		if (fd >= 0)
			close(fd);
	}
	if (!error && set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME)) {
		struct timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
		if (set & FUSE_SET_ATTR_ATIME_NOW)
			times[0].tv_nsec = UTIME_NOW;
		else if (set & FUSE_SET_ATTR_ATIME)
			times[0] = to->st_atim;
		if (set & FUSE_SET_ATTR_MTIME_NOW)
			times[1].tv_nsec = UTIME_NOW;
		else if (set & FUSE_SET_ATTR_MTIME)
			times[1] = to->st_mtim;
		if (utimensat(inode->fd, "", times, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
			error = errno;
	}
	if (!error)
		error = attributes(inode->fd, &attr);
	rest(back);
	if (error)
		fuse_reply_err(req, error);
	else
		fuse_reply_attr(req, &attr, seconds);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	char target[4097];
	ssize_t n = readlinkat(inode_of(ino)->fd, "", target, sizeof target - 1);
	if (n < 0) {
		fuse_reply_err(req, errno);
	} else {
		target[n] = 0;
		fuse_reply_readlink(req, target);
	}
}

/* What was made belongs to whoever made it. */
static int give(fuse_req_t req, struct inode *parent, const char *name)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct stat above;
	int error = attributes(parent->fd, &above);
	if (error)
		return error;
	gid_t gid = above.st_mode & S_ISGID ? above.st_gid : ctx->gid;
	return fchownat(parent->fd, name, ctx->uid, gid, AT_SYMLINK_NOFOLLOW) ? errno : 0;
}

static void made(fuse_req_t req, fuse_ino_t into, const char *name, int result, double back)
{
	struct inode *parent = inode_of(into);
	int error = result ? errno : give(req, parent, name);
	changed(parent);
	reply_made(req, parent, name, error, back);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	double back = ask(inode_of(parent));
	made(req, parent, name, mkdirat(inode_of(parent)->fd, name, mode), back);
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	double back = ask(inode_of(parent));
	made(req, parent, name, symlinkat(target, inode_of(parent)->fd, name), back);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t dev)
{
	double back = ask(inode_of(parent));
	made(req, parent, name, mknodat(inode_of(parent)->fd, name, mode, dev), back);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t into, const char *name)
{
	struct inode *inode = inode_of(ino), *parent = inode_of(into);
	char link[64];
	snprintf(link, sizeof link, "%d", inode->fd);
	double back = ask(parent);
	struct stat attr;
	int error = current(inode, &attr);
	if (!error && linkat(proc, link, parent->fd, name, AT_SYMLINK_FOLLOW))
		error = errno;
	changed(parent);
	/* The server's answer has the file's attributes also if it is an error: the number of links can be relied on. */
	fuse_lowlevel_notify_inval_inode(session, ino, -1, 0);
	reply_made(req, parent, name, error, back);
}

/* The file of that name is about to go away, by this host's doing. */
static void going(struct inode *parent, const char *name)
{
	struct stat attr;
	if (fstatat(parent->fd, name, &attr, AT_SYMLINK_NOFOLLOW))
		return;
	pthread_mutex_lock(&table_lock);
	struct inode *inode = find(attr.st_dev, attr.st_ino);
	if (inode)
		inode->removed_here = true;
	pthread_mutex_unlock(&table_lock);
}

static void removed(fuse_req_t req, fuse_ino_t from, const char *name, int flags)
{
	struct inode *parent = inode_of(from);
	double back = ask(parent);
	going(parent, name);
	int error = unlinkat(parent->fd, name, flags) ? errno : 0;
	changed(parent);
	fuse_reply_err(req, answer(error, ENOENT, back));
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name) { removed(req, parent, name, 0); }

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name) { removed(req, parent, name, AT_REMOVEDIR); }

static void op_rename(fuse_req_t req, fuse_ino_t from, const char *name, fuse_ino_t to, const char *new, unsigned flags)
{
	if (flags) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	double back = ask(inode_of(to));
	going(inode_of(to), new);
	int error = renameat(inode_of(from)->fd, name, inode_of(to)->fd, new) ? errno : 0;
	changed(inode_of(from));
	changed(inode_of(to));
	fuse_reply_err(req, answer(error, ENOENT, back));
}

static void op_create(fuse_req_t req, fuse_ino_t into, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct inode *parent = inode_of(into);
	struct fuse_entry_param e;
	double back = ask(parent);
	bool is_new = faccessat(parent->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
	int fd = openat(parent->fd, name, (fi->flags & ~O_APPEND) | O_CREAT | O_NOFOLLOW, mode);
	int error = fd < 0 ? errno : is_new ? give(req, parent, name) : 0;
	if (!error)
		error = entry(parent, name, &e);
	changed(parent);
	rest(back);
	if (error) {
		if (fd >= 0)
			close(fd);
		fuse_reply_err(req, error);
		return;
	}
	fi->fh = fd;
	if (fuse_reply_create(req, &e, fi) == -ENOENT) {
		close(fd);
		forget(inode_of(e.ino), 1);
	}
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct inode *inode = inode_of(ino);
	char link[64];
	snprintf(link, sizeof link, "%d", inode->fd);
	double back = ask(inode);
	struct stat attr;
	/* ESTALE makes the kernel look the name up again. */
	int error = current(inode, &attr), fd = -1;
	if (!error && (fd = openat(proc, link, fi->flags & ~(O_APPEND | O_NOFOLLOW))) < 0)
		error = errno;
	rest(back);
	if (error) {
		fuse_reply_err(req, error);
		return;
	}
	/* The attributes are asked for again; the pages go, since keep_cache is not set. */
	fuse_lowlevel_notify_inval_inode(session, ino, -1, 0);
	fi->fh = fd;
	if (fuse_reply_open(req, fi) == -ENOENT)
		close(fd);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	struct stat attr;
	int error = current(inode_of(ino), &attr);
	char *data = error ? NULL : malloc(size);
	ssize_t n = data ? pread(fi->fh, data, size, offset) : -1;
	if (n < 0)
		fuse_reply_err(req, error ? error : errno);
	else
		fuse_reply_buf(req, data, n);
	free(data);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset, struct fuse_file_info *fi)
{
	struct inode *inode = inode_of(ino);
	struct write *write = malloc(sizeof *write + size);
	int fd = write ? dup(fi->fh) : -1;
	if (fd < 0) {
		free(write);
		fuse_reply_err(req, ENOMEM);
		return;
	}
	*write = (struct write){.fd = fd, .offset = offset, .size = size};
	memcpy(write->data, data, size);
	pthread_mutex_lock(&inode->lock);
	if (!inode->first)
		inode->oldest = now();
	*inode->last = write;
	inode->last = &write->next;
	inode->unwritten += size;
	/* By chance, and not too much at a time. */
	bool full = inode->unwritten > 1 << 20 || now() - inode->oldest > 5;
	pthread_mutex_unlock(&inode->lock);
	if (full)
		settle(inode);
	fuse_reply_write(req, size);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	struct inode *inode = inode_of(ino);
	settle(inode);
	pthread_mutex_lock(&inode->lock);
	int error = inode->failed;
	inode->failed = 0;
	pthread_mutex_unlock(&inode->lock);
	fuse_reply_err(req, error);
}

/* It is with the server; that this machine may lose its power is not ours to consider. */
static void op_fsync(fuse_req_t req, fuse_ino_t ino, int only_data, struct fuse_file_info *fi)
{
	(void)only_data;
	op_flush(req, ino, fi);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	settle(inode_of(ino));
	close(fi->fh);
	fuse_reply_err(req, 0);
}

static struct listing *list(struct inode *inode)
{
	char link[64];
	snprintf(link, sizeof link, "%d", inode->fd);
	int fd = openat(proc, link, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return NULL;
	struct listing *listing = calloc(1, sizeof *listing);
	*listing = (struct listing){.refs = 1, .at = now()};
	for (struct dirent *each; (each = readdir(dir));) {
		listing->names = realloc(listing->names, (listing->count + 1) * sizeof *listing->names);
		struct stat attr = {.st_ino = each->d_ino, .st_mode = DTTOIF(each->d_type)};
		listing->names[listing->count++] = (struct name){strdup(each->d_name), attr};
	}
	closedir(dir);
	return listing;
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct inode *inode = inode_of(ino);
	pthread_mutex_lock(&inode->lock);
	unsigned long changes = inode->changes;
	struct listing *listing = inode->listing && now() - inode->listing->at < seconds ? inode->listing : NULL;
	if (listing)
		__atomic_add_fetch(&listing->refs, 1, __ATOMIC_ACQ_REL);
	pthread_mutex_unlock(&inode->lock);
	if (!listing) {
		double back = ask(inode);
		int error = (listing = list(inode)) ? 0 : errno;
		rest(back);
		if (error) {
			fuse_reply_err(req, error);
			return;
		}
		pthread_mutex_lock(&inode->lock);
		if (inode->changes == changes) {
			struct listing *old = inode->listing;
			__atomic_add_fetch(&listing->refs, 1, __ATOMIC_ACQ_REL);
			inode->listing = listing;
			release_listing(old);
		}
		pthread_mutex_unlock(&inode->lock);
	}
	fi->fh = (uint64_t)listing;
	if (fuse_reply_open(req, fi) == -ENOENT)
		release_listing(listing);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	(void)ino;
	struct listing *listing = (struct listing *)fi->fh;
	char *data = malloc(size);
	size_t used = 0;
	for (size_t i = offset; i < listing->count; i++) {
		struct name *each = &listing->names[i];
		size_t needs = fuse_add_direntry(req, data + used, size - used, each->name, &each->attr, i + 1);
		if (needs > size - used)
			break;
		used += needs;
	}
	fuse_reply_buf(req, data, used);
	free(data);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	release_listing((struct listing *)fi->fh);
	fuse_reply_err(req, 0);
}

static void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int only_data, struct fuse_file_info *fi)
{
	(void)ino, (void)only_data, (void)fi;
	fuse_reply_err(req, 0);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	(void)ino;
	struct statvfs about;
	if (fstatvfs(root.fd, &about))
		fuse_reply_err(req, errno);
	else
		fuse_reply_statfs(req, &about);
}

/* There are no calls for extended attributes that take an O_PATH descriptor, or one and a name. */
static const char *path_of(fuse_ino_t ino, char path[64])
{
	snprintf(path, 64, "/proc/self/fd/%d", inode_of(ino)->fd);
	return path;
}

static void reply_xattr(fuse_req_t req, const char *value, size_t size, ssize_t n)
{
	if (n < 0)
		fuse_reply_err(req, errno);
	else if (size == 0)
		fuse_reply_xattr(req, n);
	else
		fuse_reply_buf(req, value, n);
}

static void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	char path[64], value[size + 1];
	reply_xattr(req, value, size, getxattr(path_of(ino, path), name, value, size));
}

static void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	char path[64], value[size + 1];
	reply_xattr(req, value, size, listxattr(path_of(ino, path), value, size));
}

static void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags)
{
	char path[64];
	fuse_reply_err(req, setxattr(path_of(ino, path), name, value, size, flags) ? errno : 0);
}

static void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	char path[64];
	fuse_reply_err(req, removexattr(path_of(ino, path), name) ? errno : 0);
}

static const struct fuse_lowlevel_ops ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.mkdir = op_mkdir,
	.symlink = op_symlink,
	.mknod = op_mknod,
	.link = op_link,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.rename = op_rename,
	.create = op_create,
	.open = op_open,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.fsync = op_fsync,
	.release = op_release,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.releasedir = op_releasedir,
	.fsyncdir = op_fsyncdir,
	.statfs = op_statfs,
	.getxattr = op_getxattr,
	.listxattr = op_listxattr,
	.setxattr = op_setxattr,
	.removexattr = op_removexattr,
};

int main(int argc, char **argv)
{
	if (argc < 4 || sscanf(argv[3], "seconds=%lf,delay=%lf-%lf,lost=%lf", &seconds, &delay_min, &delay_max, &lost) != 4) {
		fprintf(stderr, "usage: cachefs DIRECTORY MOUNTPOINT seconds=S,delay=MIN-MAX,lost=P QUICK...\n");
		return 2;
	}
	quick = argv + 4;
	umask(0);
	srandom(getpid() ^ (unsigned)(now() * 1e6));
	struct stat attr;
	root.fd = open(argv[1], O_PATH | O_DIRECTORY);
	proc = open("/proc/self/fd", O_PATH | O_DIRECTORY);
	if (root.fd < 0 || proc < 0 || attributes(root.fd, &attr)) {
		perror(argv[1]);
		return 1;
	}
	root.dev = attr.st_dev;
	root.ino = attr.st_ino;
	root.last = &root.first;
	root.next = *bucket(root.dev, root.ino);
	*bucket(root.dev, root.ino) = &root;

	char *options[] = {argv[0], "-o", "allow_other,default_permissions,suid,dev,fsname=store,subtype=cachefs"};
	struct fuse_args args = FUSE_ARGS_INIT(3, options);
	session = fuse_session_new(&args, &ops, sizeof ops, NULL);
	if (!session || fuse_session_mount(session, argv[2]))
		return 1;
	struct fuse_loop_config *loop = fuse_loop_cfg_create();
	fuse_loop_cfg_set_max_threads(loop, 64);
	fuse_loop_cfg_set_idle_threads(loop, 64);
	return fuse_session_loop_mt(session, loop) ? 1 : 0;
}
