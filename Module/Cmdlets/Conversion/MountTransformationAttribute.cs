using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Takes what <see cref="MountText.Mount"/> reads, one or several.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class MountTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        if (value is null)
        {
            return null!;
        }

        MountText text = new(path => engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path));
        try
        {
            return Conversions.Rejoin(Conversions.Elements(value)).Select(text.Mount).ToArray();
        }
        catch (EngineException e)
        {
            throw Conversions.Refuse(e);
        }
    }
}
