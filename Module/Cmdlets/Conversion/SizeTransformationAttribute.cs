using System.Management.Automation;
using Containers.Engine;

namespace Containers.Cmdlets;

/// <summary>Lets a parameter of bytes take 512MB (a PowerShell number) as well as "512m", "64k", "1g" (docker's spelling).</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SizeTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = Conversions.Unwrap(inputData);
        try
        {
            return value is null ? null! : ByteSize.From(value);
        }
        catch (EngineException e)
        {
            throw Conversions.Refuse(e);
        }
    }
}
