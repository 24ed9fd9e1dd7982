/*
 * nfsfs URL MOUNTPOINT SECONDS
 *
 * Shows what an NFS server exports at MOUNTPOINT, for kernels that have no NFS of their own. URL is as libnfs has it:
 * nfs://127.0.0.1/store?version=4&nfsport=2049. The protocol is libnfs's; what is here hands the kernel's questions on.
 *
 * The kernel keeps attributes, and names that are not there, for SECONDS, as an NFS client does by acregmin and lookupcache;
 * listings are always the server's. Two names of a file are two files to it: by one of them, what was done by the other may
 * show SECONDS later. What is written is on the server when write() returns. Of what a file holds nothing is kept but below
 * roots/, for as long as its times and size are the same when it is opened: what runs there would be fetched at each start.
 *
 * One question after another: libnfs knows one thread. It sets times to the microsecond, and makes no named pipes by NFS 4.
 * NFS 4.0 has no extended attributes. Locks are the host's own.
 */
#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <nfsc/libnfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static struct nfs_context *nfs;
static double seconds;

static struct nfsfh *handle(struct fuse_file_info *fi) { return (struct nfsfh *)fi->fh; }

static void convert(const struct nfs_stat_64 *from, struct stat *to)
{
	memset(to, 0, sizeof *to);
	to->st_ino = from->nfs_ino;
	to->st_mode = from->nfs_mode;
	to->st_nlink = from->nfs_nlink;
	to->st_uid = from->nfs_uid;
	to->st_gid = from->nfs_gid;
	to->st_rdev = from->nfs_rdev;
	to->st_size = from->nfs_size;
	to->st_blksize = from->nfs_blksize;
	to->st_blocks = from->nfs_blocks;
	to->st_atim = (struct timespec){from->nfs_atime, from->nfs_atime_nsec};
	to->st_mtim = (struct timespec){from->nfs_mtime, from->nfs_mtime_nsec};
	to->st_ctim = (struct timespec){from->nfs_ctime, from->nfs_ctime_nsec};
}

static void *op_init(struct fuse_conn_info *conn, struct fuse_config *config)
{
	(void)conn;
	config->use_ino = 1;
	config->nullpath_ok = 0;
	/* A file that is removed while it is open: the server has it by its handle, and no other name is needed. */
	config->hard_remove = 1;
	config->auto_cache = 1;
	config->ac_attr_timeout_set = 1;
	config->ac_attr_timeout = 0;
	config->negative_timeout = config->attr_timeout = seconds;
	/* Whatever has the name by now is what is opened: the way there goes by names. */
	config->entry_timeout = 30;
	return NULL;
}

static int op_getattr(const char *path, struct stat *to, struct fuse_file_info *fi)
{
	struct nfs_stat_64 from;
	int error = fi ? nfs_fstat64(nfs, handle(fi), &from) : nfs_lstat64(nfs, path, &from);
	if (!error)
		convert(&from, to);
	return error;
}

static int op_readlink(const char *path, char *target, size_t size)
{
	char *found;
	int error = nfs_readlink2(nfs, path, &found);
	if (error < 0)
		return error;
	snprintf(target, size, "%s", found);
	free(found);
	return 0;
}

static int op_mknod(const char *path, mode_t mode, dev_t dev) { return nfs_mknod(nfs, path, mode, dev); }

static int op_mkdir(const char *path, mode_t mode) { return nfs_mkdir2(nfs, path, mode & 07777); }

static int op_unlink(const char *path) { return nfs_unlink(nfs, path); }

static int op_rmdir(const char *path) { return nfs_rmdir(nfs, path); }

static int op_symlink(const char *target, const char *path) { return nfs_symlink(nfs, target, path); }

static int op_rename(const char *from, const char *to, unsigned flags)
{
	return flags ? -EINVAL : nfs_rename(nfs, from, to);
}

static int op_link(const char *from, const char *to)
{
	int error = nfs_link(nfs, from, to);
	/* The answer of LINK has the file's attributes, also if it is an error (RFC 1813, 3.3.15): an NFS client knows from it
	 * how many links there are, FUSE's has no place for it, and the kernel may keep what it knew before. */
	fuse_invalidate_path(fuse_get_context()->fuse, from);
	return error;
}

static int op_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	return fi ? nfs_fchmod(nfs, handle(fi), mode & 07777) : nfs_lchmod(nfs, path, mode & 07777);
}

static int op_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *fi)
{
	struct stat now;
	int error = op_getattr(path, &now, fi);
	if (error)
		return error;
	uid = uid == (uid_t)-1 ? now.st_uid : uid;
	gid = gid == (gid_t)-1 ? now.st_gid : gid;
	return fi ? nfs_fchown(nfs, handle(fi), uid, gid) : nfs_lchown(nfs, path, uid, gid);
}

static int op_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	return fi ? nfs_ftruncate(nfs, handle(fi), size) : nfs_truncate(nfs, path, size);
}

static int op_utimens(const char *path, const struct timespec wanted[2], struct fuse_file_info *fi)
{
	struct stat now;
	struct timeval times[2];
	int error = op_getattr(path, &now, fi);
	if (error)
		return error;
	for (int i = 0; i < 2; i++) {
		struct timespec to = wanted[i];
		if (to.tv_nsec == UTIME_NOW)
			clock_gettime(CLOCK_REALTIME, &to);
		else if (to.tv_nsec == UTIME_OMIT)
			to = i ? now.st_mtim : now.st_atim;
		times[i] = (struct timeval){to.tv_sec, to.tv_nsec / 1000};
	}
	return nfs_lutimes(nfs, path, times);
}

static int op_open(const char *path, struct fuse_file_info *fi)
{
	struct nfsfh *found;
	/* What is appended the kernel writes where the file ends, as far as it knows; as with NFS. */
	int error = nfs_open(nfs, path, fi->flags & (O_ACCMODE | O_TRUNC), &found);
	if (error)
		return error;
	fi->fh = (uint64_t)found;
	fi->direct_io = strncmp(path, "/roots/", 7) != 0;
	return 0;
}

static int op_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	struct nfsfh *found;
	int error = nfs_open2(nfs, path, (fi->flags & (O_ACCMODE | O_TRUNC | O_EXCL)) | O_CREAT, mode & 07777, &found);
	if (error)
		return error;
	fi->fh = (uint64_t)found;
	fi->direct_io = strncmp(path, "/roots/", 7) != 0;
	/* A server may have given it another mode, by its own mask. */
	return nfs_fchmod(nfs, found, mode & 07777);
}

static int op_read(const char *path, char *data, size_t size, off_t offset, struct fuse_file_info *fi)
{
	(void)path;
	return nfs_pread(nfs, handle(fi), offset, size, data);
}

static int op_write(const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *fi)
{
	(void)path;
	return nfs_pwrite(nfs, handle(fi), offset, size, data);
}

static int op_fsync(const char *path, int only_data, struct fuse_file_info *fi)
{
	(void)path, (void)only_data;
	return nfs_fsync(nfs, handle(fi));
}

static int op_release(const char *path, struct fuse_file_info *fi)
{
	(void)path;
	return nfs_close(nfs, handle(fi));
}

static int op_readdir(const char *path, void *listing, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *fi,
		      enum fuse_readdir_flags flags)
{
	/* By nfs_ftype4 of RFC 7530. */
	static const mode_t kinds[] = {0, S_IFREG, S_IFDIR, S_IFBLK, S_IFCHR, S_IFLNK, S_IFSOCK, S_IFIFO};
	struct nfsdir *directory;
	struct nfsdirent *entry;
	(void)offset, (void)fi, (void)flags;
	int error = nfs_opendir(nfs, path, &directory);
	if (error)
		return error;
	while ((entry = nfs_readdir(nfs, directory))) {
		/* libnfs does not say which inode it is, and 0 would be none. */
		struct stat about = {.st_ino = (ino_t)-1, .st_mode = entry->type < 8 ? kinds[entry->type] : 0};
		fill(listing, entry->name, &about, 0, 0);
	}
	nfs_closedir(nfs, directory);
	return 0;
}

static int op_statfs(const char *path, struct statvfs *about) { return nfs_statvfs(nfs, path, about); }

static const struct fuse_operations ops = {
	.init = op_init,
	.getattr = op_getattr,
	.readlink = op_readlink,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
	.chmod = op_chmod,
	.chown = op_chown,
	.truncate = op_truncate,
	.utimens = op_utimens,
	.open = op_open,
	.create = op_create,
	.read = op_read,
	.write = op_write,
	.fsync = op_fsync,
	.release = op_release,
	.readdir = op_readdir,
	.statfs = op_statfs,
};

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: nfsfs URL MOUNTPOINT SECONDS\n");
		return 2;
	}
	seconds = atof(argv[3]);
	umask(0);
	nfs = nfs_init_context();
	struct nfs_url *url = nfs_parse_url_dir(nfs, argv[1]);
	if (!url) {
		fprintf(stderr, "nfsfs: %s: %s\n", argv[1], nfs_get_error(nfs));
		return 2;
	}
	nfs_set_autoreconnect(nfs, -1);
	if (nfs_mount(nfs, url->server, url->path)) {
		fprintf(stderr, "nfsfs: %s\n", nfs_get_error(nfs));
		return 1;
	}
	char *options[] = {argv[0], "-f", "-s", "-o", "allow_other,default_permissions,suid,dev,fsname=store,subtype=nfsfs", argv[2]};
	return fuse_main(6, options, &ops, NULL);
}
