using System.Management.Automation;

namespace Containers.Cmdlets;

/// <summary>Removes volumes and their files. It asks, because nothing brings them back; -Force is the consent.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerVolume", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveContainerVolumeCommand : ContainersCmdlet
{
    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("VolumeName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [VolumeNameTransformation]
    [ArgumentCompleter(typeof(VolumeNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Does not ask, and removes also those that stopped containers have.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string name in FindVolumes(Name))
        {
            // Nobody is asked about what cannot be done.
            if (TryRun(_ => Engine.RequireRemovable(name, Force)) && (IsConsent || ShouldDo($"Remove volume \"{name}\" and its files")))
            {
                TryRun(stop => Engine.RemoveVolume(name, Force, stop));
            }
        }
    }

    /// <summary>-Force answers the question; -WhatIf and -Confirm still mean what they say.</summary>
    private bool IsConsent => Force && !IsOn("WhatIf") && !IsOn("Confirm")
        && !(LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference")) && !MyInvocation.BoundParameters.ContainsKey("WhatIf"));

    private bool IsOn(string parameter) =>
        MyInvocation.BoundParameters.TryGetValue(parameter, out object? value) && LanguagePrimitives.IsTrue(value);
}
