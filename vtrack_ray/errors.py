"""Every error this project raises on purpose: one base, each with a sentence that says what to do."""

from __future__ import annotations


class VtrackError(Exception):
    """Something that a person can act on; its text is a sentence that names the file or setting and the next step.

    Errors carry their text alone, so that they cross process borders unchanged.
    """

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or type(self).__name__).splitlines()[0])


class VideoError(VtrackError):
    """A video file could not be used; the others go on."""


class NotAVideo(VideoError):
    """The file holds no video that can be decoded."""


class VideoUnreachable(VideoError):
    """The file can't be reached; is its disk connected?"""


class VideoVanished(VideoUnreachable):
    """The file is no longer where it was found."""


class SourceOutOfSight(VideoUnreachable):
    """No machine of the cluster that may work gets at the video's source."""


class VideoForbidden(VideoError):
    """The file may not be read by this user."""


class ClipError(VideoError):
    """A clip can't be cut."""


class SamplerCrashed(VideoError):
    """The process that sampled the video died."""


class SamplerLost(VideoError):
    """The machine that sampled the video was lost, which is hardly the video's fault."""


class VideoTimedOut(VideoError):
    """Working on the video took longer than allowed."""


class ActorLost(VtrackError):
    """A process of the service died; run the same command again (without --force), it goes on from there."""


class ProfileError(VtrackError):
    """A packing profile can't be used as given."""


class ProgramError(VtrackError):
    """What was asked of the service can't be done."""


class TokenError(VtrackError):
    """A token can't be made or revoked."""


class SettingsError(VtrackError):
    """A setting has a wrong value."""


class LedgerError(VtrackError):
    """The database can't be used."""


class LedgerHeld(LedgerError):
    """The database is held by another process."""


class LedgerDamaged(LedgerError):
    """The database file can't be read as one."""


class StaleAttempt(VtrackError):
    """An answer came from an attempt that was given up; it was refused."""


class SourceError(VtrackError):
    """A source of videos can't be read."""


class DriveError(VtrackError):
    """Google Drive refused what was asked of it."""


class DriveUnreachable(DriveError):
    """Google Drive can't be reached, or answers nothing for now; it is tried again later."""


class DriveForbidden(DriveError):
    """The account may not do this at Google Drive."""


class DriveSignedOut(DriveForbidden):
    """Nobody is signed in at Google Drive, or access was revoked; `vtrack drive login` signs in."""


class DriveGone(DriveError):
    """What was asked for is not at Google Drive, or not shared with the account."""


class DriveChanged(DriveError):
    """A file at Google Drive is no longer what it was."""


class DriveExpired(DriveError):
    """Google Drive no longer knows the page of a listing that was asked for; list anew."""


class DriveTaken(DriveError):
    """There is a file of that id at Google Drive already."""


class ToolMissing(VtrackError):
    """A program that this project needs is not installed."""


class ClusterError(VtrackError):
    """Ray can't be started or joined."""


class ClusterTimedOut(ClusterError):
    """Ray was not ready in time; on a busy machine it may be the next time."""
