package io.twinlog.appliance.cli;

/**
 * What each kind of consumer has to do when the device has gone back to an earlier state, because
 * acknowledged writes were lost.
 */
final class LossAdvice {

  private LossAdvice() {}

  /** Lines for the operator. */
  static String text() {
    return """

        THE DEVICE HAS GONE BACK TO AN EARLIER STATE. What was written after that is gone. The state
        is one that the device really had, so it is consistent in itself; whatever is kept elsewhere
        and depends on it is newer. An older journal is not a safe journal: replaying it puts old
        metadata over new. Before anything uses the device again:

        all of it on this device   a file system or database that lies on it with its journal and
                                   all its data went back as a whole: mount, check, go on; what it
                                   had confirmed in the lost interval is missing
        ext3, ext4 (journal here)  do not mount, and no e2fsck or tune2fs before the first of these
                                   commands: each of them replays the journal, also when told to
                                   remove it, and e2fsck then calls the result clean:
                                     debugfs -w -R "feature -needs_recovery" FS
                                     tune2fs -f -O ^has_journal FS
                                     e2fsck -f -y FS
                                     mke2fs -O journal_dev -b BLOCKSIZE DEVICE
                                     tune2fs -J device=DEVICE FS
        XFS (external log here)    the mount is refused, as metadata is newer than the log. Zero
                                   the log instead of replaying it, and expect lost+found:
                                     xfs_repair -L -l DEVICE FS
        JFS (external log here)    do not mount. Check without replay, then make the log anew:
                                     fsck.jfs -f --omit_journal_replay FS
                                     mkfs.jfs -J journal_dev DEVICE
                                     jfs_tune -J device=DEVICE FS
        ReiserFS (journal here)    do not mount. Make the journal anew, then rebuild:
                                     reiserfstune -f --no-journal-available \\
                                       --journal-new-device DEVICE FS
                                     reiserfsck --rebuild-tree -j DEVICE FS
        InnoDB (redo log here)     pages are newer than the redo log ("log sequence number ... is
                                   in the future"). Restore a backup and roll the binary log
                                   forward. Only without one: the lowest innodb_force_recovery with
                                   which the server starts, dump, load into a new server
        PostgreSQL (pg_wal here)   restore a base backup with archived WAL. pg_resetwal is the last
                                   resort, and means dump and load anew
        Berkeley DB (logs here)    no recovery by these logs alone: restore a backup with its logs,
                                   db_recover -c
        others                     restore what depends on the device to a backup from before the
                                   lost interval, or check it without replaying the log
        """;
  }
}
