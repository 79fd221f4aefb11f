using System.Management.Automation;
using Containers.Engine.Launch;
using Containers.Engine.Launch.Plan;

namespace Containers.Cmdlets;

/// <summary>The health check.</summary>
public abstract partial class ContainerSettingCmdlet
{
    /// <summary>A text for the container's shell, or a program and its arguments.</summary>
    [Parameter]
    [Alias("HealthCmd")]
    [ValidateNotNullOrEmpty]
    public string[]? HealthCommand { get; set; }

    /// <summary>From the end of a check to the next; 30 seconds.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? HealthInterval { get; set; }

    /// <summary>How long a check may take; 30 seconds.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? HealthTimeout { get; set; }

    /// <summary>Failures in a row that make it unhealthy; 3.</summary>
    [Parameter, ValidateRange(1, int.MaxValue)]
    public int? HealthRetries { get; set; }

    /// <summary>How long failures after the start do not count.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? HealthStartPeriod { get; set; }

    /// <summary>The interval in that time, until the first success; 5 seconds.</summary>
    [Parameter, TimeTransformation]
    public TimeSpan? HealthStartInterval { get; set; }

    /// <summary>What is done when it becomes unhealthy.</summary>
    [Parameter, SingleValue]
    public HealthAction? HealthOnFailure { get; set; }

    /// <summary>No check, whatever the image says.</summary>
    [Parameter]
    public SwitchParameter NoHealthCheck { get; set; }

    private protected HealthSpec BuildHealth() => new()
    {
        Command = HealthCommand,
        Shell = HealthCommand is { Length: 1 },
        Disabled = NoHealthCheck,
        Interval = HealthInterval,
        Timeout = HealthTimeout,
        Retries = HealthRetries,
        StartPeriod = HealthStartPeriod,
        StartInterval = HealthStartInterval,
        OnFailure = HealthOnFailure,
    };
}
