using System.Collections;
using System.Management.Automation;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>The cgroup and the log; the limits themselves are in <see cref="ContainerSettingCmdlet"/>.</summary>
public abstract partial class ContainerDefinitionCmdlet
{
    /// <summary>The cgroup in which the container's own is made.</summary>
    [Parameter]
    public string? CgroupParent { get; set; }

    /// <summary>Size of one log file in bytes; 10 MB.</summary>
    [Parameter, SizeTransformation]
    public long? LogMaximumSize { get; set; }

    /// <summary>Number of log files; 3.</summary>
    [Parameter]
    public int? LogMaximumFile { get; set; }

    /// <summary>Where the output goes.</summary>
    [Parameter, SingleValue]
    public ContainerLogDriver LogDriver { get; set; }

    /// <summary>max-size, max-file, and of Journald tag.</summary>
    [Parameter, MapTransformation]
    [Alias("LogOpt")]
    public IDictionary? LogOption { get; set; }

    private LogSpec BuildLog()
    {
        LogSpec log = new();
        return log with
        {
            MaximumBytes = LogMaximumSize ?? log.MaximumBytes,
            MaximumFiles = LogMaximumFile ?? log.MaximumFiles,
            GivenBytes = LogMaximumSize,
            GivenFiles = LogMaximumFile,
            Driver = ContainerLogDrivers.Of(LogDriver),
            Options = Map(LogOption),
        };
    }
}
