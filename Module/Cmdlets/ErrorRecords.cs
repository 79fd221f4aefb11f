using System.Globalization;
using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>The only place where a failure of the engine becomes a PowerShell error.</summary>
internal static class ErrorRecords
{
    /// <summary>Id, category by kind, target, and the engine's advice as the recommended action.</summary>
    internal static ErrorRecord From(EngineException failure) => new(
        failure, failure.ErrorId, CategoryOf(failure.Kind), failure.ErrorTarget)
    {
        ErrorDetails = new ErrorDetails(failure.Message) { RecommendedAction = failure.Action },
    };

    /// <summary>Only for those who asked: the exit code is also on the container and in $LASTEXITCODE.</summary>
    internal static ErrorRecord ExitedNonZero(Container container)
    {
        string code = container.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
        string message = container.OomKilled
            ? $"Container \"{container.Name}\" ended with exit code {code}: it needed more memory than its limit allows."
            : $"Container \"{container.Name}\" ended with exit code {code}.";
        string? action = container.OomKilled ? "Raise the limit with -Memory." : null;
        var failure = new EngineException(EngineErrorKind.InvalidOperation, "ContainerExitedNonZero", message, container, action);
        return From(failure);
    }

    /// <summary>The same for a further program.</summary>
    internal static ErrorRecord CommandExitedNonZero(Container container, string command, int? exitCode)
    {
        string code = exitCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
        return From(new EngineException(
            EngineErrorKind.InvalidOperation, "ContainerCommandExitedNonZero",
            $"\"{command}\" in container \"{container.Name}\" ended with exit code {code}.", container));
    }

    private static ErrorCategory CategoryOf(EngineErrorKind kind) => kind switch
    {
        EngineErrorKind.InvalidArgument => ErrorCategory.InvalidArgument,
        EngineErrorKind.InvalidData => ErrorCategory.InvalidData,
        EngineErrorKind.InvalidOperation => ErrorCategory.InvalidOperation,
        EngineErrorKind.ObjectNotFound => ErrorCategory.ObjectNotFound,
        EngineErrorKind.ResourceExists => ErrorCategory.ResourceExists,
        EngineErrorKind.ResourceBusy => ErrorCategory.ResourceBusy,
        EngineErrorKind.ResourceUnavailable => ErrorCategory.ResourceUnavailable,
        EngineErrorKind.LimitsExceeded => ErrorCategory.LimitsExceeded,
        EngineErrorKind.PermissionDenied => ErrorCategory.PermissionDenied,
        EngineErrorKind.NotImplemented => ErrorCategory.NotImplemented,
        EngineErrorKind.NotInstalled => ErrorCategory.NotInstalled,
        EngineErrorKind.AuthenticationError => ErrorCategory.AuthenticationError,
        EngineErrorKind.ConnectionError => ErrorCategory.ConnectionError,
        EngineErrorKind.OperationTimeout => ErrorCategory.OperationTimeout,
        EngineErrorKind.ReadError => ErrorCategory.ReadError,
        EngineErrorKind.WriteError => ErrorCategory.WriteError,
        _ => ErrorCategory.NotSpecified,
    };
}
