namespace Containers.Engine;

/// <summary>What kind of failure it is; each maps to one ErrorCategory of PowerShell.</summary>
public enum EngineErrorKind
{
    InvalidArgument,
    InvalidData,
    InvalidOperation,
    ObjectNotFound,
    ResourceExists,
    ResourceBusy,
    ResourceUnavailable,
    LimitsExceeded,
    PermissionDenied,
    NotImplemented,
    NotInstalled,
    AuthenticationError,
    ConnectionError,
    OperationTimeout,
    ReadError,
    WriteError,
}

/// <summary>
/// A failure whose meaning is known: what happened, to what, and what a person can do about it. Error ids are facts in
/// PascalCase (ContainerNotFound), stable for ever and never reused for another meaning.
/// </summary>
public sealed class EngineException : Exception
{
    /// <param name="kind">The kind of failure.</param>
    /// <param name="errorId">The stable id.</param>
    /// <param name="message">One sentence, the name in quotes.</param>
    /// <param name="target">The container, image, path or value it is about.</param>
    /// <param name="action">One imperative sentence for a person, or null where nothing helps.</param>
    /// <param name="inner">The cause, often a <see cref="Linux.LinuxException"/>.</param>
    public EngineException(
        EngineErrorKind kind, string errorId, string message, object? target = null, string? action = null, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        ErrorId = errorId;
        ErrorTarget = target;
        Action = action;
    }

    /// <summary>A failed system call whose meaning nobody on the way knew: the errno alone says what kind it is.</summary>
    public static EngineException From(Linux.LinuxException e)
    {
        ArgumentNullException.ThrowIfNull(e);
        (EngineErrorKind kind, string? action) = e.Errno switch
        {
            Linux.Errno.EPERM or Linux.Errno.EACCES => (EngineErrorKind.PermissionDenied, "Run as root."),
            Linux.Errno.ENOENT or Linux.Errno.ESRCH => (EngineErrorKind.ObjectNotFound, "Look again: it may have been removed this moment."),
            Linux.Errno.EEXIST => (EngineErrorKind.ResourceExists, null),
            Linux.Errno.EBUSY => (EngineErrorKind.ResourceBusy, "Try again in a moment."),
            Linux.Errno.EMFILE or Linux.Errno.ENFILE => (EngineErrorKind.LimitsExceeded, "Raise the limit of open files (ulimit -n)."),
            Linux.Errno.ENOSPC or Linux.Errno.EDQUOT => (EngineErrorKind.ResourceUnavailable, "Free space on that file system."),
            Linux.Errno.ENOSYS or Linux.Errno.EOPNOTSUPP or Linux.Errno.ENODEV => (EngineErrorKind.NotImplemented, (string?)"Use a newer kernel."),
            _ => (EngineErrorKind.ResourceUnavailable, null),
        };
        return new EngineException(kind, "SystemCallFailed", e.Message, e.Subject, action, e);
    }

    public EngineErrorKind Kind { get; }

    public string ErrorId { get; }

    public object? ErrorTarget { get; }

    public string? Action { get; }
}
