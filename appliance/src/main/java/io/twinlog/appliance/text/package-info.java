/** Numbers, suggestions and JSON as a person or a script reads them; depends on nothing. */
package io.twinlog.appliance.text;
